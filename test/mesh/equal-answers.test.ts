import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import { Issuer } from "../generate/issuer.js";
import { generate } from "../generate/rig.js";
import { ask, Backend, type Answer, type Question } from "./backend.js";
import { freePorts } from "../../harness/free-ports.js";
import { IstioServer } from "./istio-server.js";
import { gatewayResources, type Proxy, startGateway, stockEnvoyResources } from "./mesh-envoy.js";
import { generatedParts, startOwn } from "./own-envoy.js";
import {
  asksForLaxness,
  drawPolicies,
  drawQuestions,
  NAMESPACE,
  secureIngress,
  walkThrough,
  type Scenario,
} from "./scenarios.js";
import { meshToolsMissing } from "./tools.js";

const missing = meshToolsMissing("istio-discovery");
/** How many workloads with policies by chance, and how many requests each gets. More of them: docs/testing.md. */
const DRAWN = Number(process.env.TREMULA_MESH_SCENARIOS ?? 8);
const REQUESTS = Number(process.env.TREMULA_MESH_REQUESTS ?? 200);
const MODES = ["envoy", "strict"] as const;

const seeds = Array.from({ length: DRAWN }, (_, index) => index + 1);
const NAMES = ["orders", "ingress", ...seeds.map((seed) => `drawn-${seed}`)];

describe.skipIf(missing !== null)(
  `Istio's native configuration${missing === null ? "" : ` (${missing})`}`,
  () => {
    const theirs = new Map<string, { envoy: RunningEnvoy; port: number }>();
    let scenarios: readonly Scenario[] = [];
    let backend: Backend;
    let istio: IstioServer;
    let ours: RunningEnvoy;

    beforeAll(async () => {
      backend = await Backend.start();
      scenarios = await makeScenarios();
      ours = await startOurs(scenarios, backend.port);
      const ports = await freePorts(scenarios.length);
      const proxies = scenarios.map(({ name }, index) => ({
        ...proxyOf(name, index),
        port: ports[index]!,
        backendPort: backend.port,
      }));
      const documents = [
        ...[...stockEnvoyResources(), ...proxies.flatMap(gatewayResources)].map((one) => stringify(one)),
        ...scenarios.map(({ yaml, istio: own = yaml }) => own),
      ];
      istio = await IstioServer.controlPlane(documents.join("---\n"));
      for (const proxy of proxies)
        theirs.set(proxy.name, { envoy: await startGateway(istio.address, proxy), port: proxy.port });
    }, 300_000);

    afterAll(async () => {
      await Promise.all(
        [...[...theirs.values()].map(({ envoy }) => envoy), ours].map((envoy) => envoy?.stop()),
      );
      await istio?.stop();
      await backend?.stop();
    });

    /** Asks both, and gives each question with what the two have said. */
    async function askBoth(name: string, mode: (typeof MODES)[number]) {
      const { port } = await ours.listener(`${name}/${mode}`);
      const pairs: { question: Question; native: Answer; tremula: Answer }[] = [];
      for (const question of scenarios.find((one) => one.name === name)!.questions) {
        const [native, tremula] = await Promise.all([
          ask(theirs.get(name)!.port, question),
          ask(port, question),
        ]);
        pairs.push({ question, native, tremula });
      }
      return pairs;
    }

    describe.each(NAMES)("and what is generated for %s", (name) => {
      it("answer alike in mode envoy", async () => {
        const pairs = await askBoth(name, "envoy");
        expect(pairs.filter(({ native, tremula }) => !isSame(native, tremula))).toEqual([]);
        expect(pairs.length).toBeGreaterThan(40);
      });

      it("answer alike in mode strict, but where strict means to be", async () => {
        const pairs = (await askBoth(name, "strict")).filter(({ question }) => !asksForLaxness(question));
        const without = ({ challenge = "", ...rest }: Answer) => ({
          ...rest,
          // The query, which may have the token in it.
          challenge: challenge.replace(/\?[^"]*"/, '"'),
        });
        expect(pairs.filter(({ native, tremula }) => !isSame(without(native), without(tremula)))).toEqual([]);
        expect(pairs.length).toBeGreaterThan(30);
      });
    });

    it("is of all kinds: what is let through, tokens that are bad, and what is denied", async () => {
      const statuses = new Map<number, number>();
      for (const name of NAMES)
        for (const { native } of await askBoth(name, "envoy"))
          statuses.set(native.status, (statuses.get(native.status) ?? 0) + 1);
      for (const status of [200, 401, 403]) expect(statuses.get(status)).toBeGreaterThan(100);
      expect(new Set(statuses.keys())).toEqual(new Set([200, 401, 403]));
    });
  },
);

function isSame(one: Answer, other: Answer): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function proxyOf(name: string, index: number): Proxy {
  return { name, namespace: NAMESPACE, labels: { app: name }, ip: `127.1.0.${index + 1}` };
}

async function makeScenarios(): Promise<Scenario[]> {
  const issuers = [await Issuer.make("https://a.example"), await Issuer.make("https://b.example")];
  const ingress = secureIngress("ingress", issuers, await drawQuestions(0, REQUESTS, issuers));
  const options = { labels: { app: ingress.name }, namespace: NAMESPACE };
  const inIstiosWords = generate(ingress.yaml, "istio", options).text;
  const drawn = seeds.map(async (seed) => {
    const name = `drawn-${seed}`;
    const questions = await drawQuestions(seed, REQUESTS, issuers);
    return { name, yaml: drawPolicies(seed, name, issuers), questions };
  });
  return [walkThrough(), { ...ingress, istio: inIstiosWords }, ...(await Promise.all(drawn))];
}

/** All that `tremula generate` writes for these workloads, in one Envoy: a listener `NAME/MODE` for each. */
function startOurs(all: readonly Scenario[], backendPort: number): Promise<RunningEnvoy> {
  const parts = all.flatMap(({ name, yaml }) =>
    MODES.map((mode) => {
      const upstream = { host: "127.0.0.1", port: backendPort };
      const options = { labels: { app: name }, namespace: NAMESPACE, upstream, mode };
      const { listeners, clusters } = generatedParts(generate(yaml, "envoy", options).text);
      const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
      return { listeners: [{ ...listeners[0]!, name: `${name}/${mode}`, address }], clusters };
    }),
  );
  return startOwn(parts);
}
