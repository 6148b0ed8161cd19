import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type RunningEnvoy, waitFor } from "../../harness/envoy/index.js";
import { toolsMissing } from "../debian-tools.js";
import { RegistryServer } from "../images/registry-server.js";
import { ask, Backend } from "./backend.js";
import { tremula } from "./execute.js";
import { freePorts } from "../../harness/free-ports.js";
import { IstioServer } from "./istio-server.js";
import { gatewayResources, type GatewaySpec, startGateway, stockEnvoyResources } from "./mesh-envoy.js";
import { walkThrough } from "./scenarios.js";
import { meshToolsMissing } from "./tools.js";

const missing =
  meshToolsMissing("istio-discovery", "istio-agent") ?? (await toolsMissing("docker-registry", "skopeo"));
const TARGETS = ["envoyfilter", "wasmplugin", "trafficextension"] as const;
const FILTERS = ["jwt-authn", "rbac", "telemetry"] as const;
/** What the examples need, and by which of Envoy's filters it runs. */
const LOADED = { "jwt-authn": "wasm", "rbac-deny": "wasm", "rbac-allow": "wasm", "stats-outbound": "wasm" };
const { questions } = walkThrough();

describe.skipIf(missing !== null)(`Istio loads our modules${missing === null ? "" : ` (${missing})`}`, () => {
  const proxies = new Map<string, GatewaySpec>();
  const envoys = new Map<string, RunningEnvoy>();
  let folder: string;
  let registry: RegistryServer;
  let backend: Backend;
  let istio: IstioServer;
  let agent: IstioServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tremula-loaded-"));
    registry = await RegistryServer.start();
    backend = await Backend.start();
    const images = join(folder, "images.json");
    await tremula("build", ...FILTERS.map((name) => `filters/${name}/index.ts`));
    for (const name of FILTERS)
      await tremula(
        "push",
        `build/${name}.wasm`,
        `oci://${registry.address}/tremula/${name}:test`,
        "--images",
        images,
      );
    const names = ["native", ...TARGETS, "missing"];
    const ports = await freePorts(names.length);
    for (const [index, name] of names.entries()) {
      const ip = `127.2.0.${index + 1}`;
      // Gateways are selected by labels in all namespaces.
      const labels = { app: "orders", only: name };
      const own = { name, namespace: name, labels, ip };
      proxies.set(name, { ...own, port: ports[index]!, backendPort: backend.port });
    }
    const resources = [...stockEnvoyResources(), ...[...proxies.values()].flatMap(gatewayResources)];
    const documents = [
      ...resources.map((one) => stringify(one)),
      inNamespace("native", "security.yaml"),
      ...(await Promise.all(TARGETS.map((target) => generate(target, target, images)))),
      await generate("wasmplugin", "missing", listWithoutRbac(images)),
    ];
    istio = await IstioServer.controlPlane(documents.join("---\n"));
    agent = await IstioServer.agent(istio);
    await Promise.all(
      [...proxies.values()].map(async (proxy) => {
        envoys.set(proxy.name, await startGateway(agent.address, proxy));
      }),
    );
  }, 300_000);

  afterAll(async () => {
    await Promise.all([...envoys.values()].map((envoy) => envoy.stop()));
    await agent?.stop();
    await istio?.stop();
    await backend?.stop();
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As a user does it, for a namespace of its own. */
  async function generate(target: string, namespace: string, images: string): Promise<string> {
    const files = ["security.yaml", "telemetry.yaml"].map((name) => {
      const file = join(folder, `${namespace}-${name}`);
      writeFileSync(file, inNamespace(namespace, name));
      return file;
    });
    const workload = ["--namespace", namespace, "--labels", "app=orders", "--gateway"];
    const how = ["--target", target, "--images", images, "--mode", "envoy"];
    return (await tremula("generate", "-f", ...files, ...workload, ...how)).stdout;
  }

  /** One of the examples. */
  function inNamespace(namespace: string, name: string): string {
    return readFileSync(`examples/resources/${name}`, "utf8").replaceAll(
      "namespace: shop",
      `namespace: ${namespace}`,
    );
  }

  /** A list of images in which that of one filter is none that the registry has. */
  function listWithoutRbac(images: string): string {
    const list = JSON.parse(readFileSync(images, "utf8")) as Record<string, { sha256: string }>;
    list["rbac"]!.sha256 = "0".repeat(64);
    const file = join(folder, "missing.json");
    writeFileSync(file, JSON.stringify(list));
    return file;
  }

  it.each(TARGETS)("by %s, and they answer as its native filters do", async (target) => {
    const different = [];
    for (const question of questions) {
      const [native, own] = await Promise.all(
        ["native", target].map((name) => ask(proxies.get(name)!.port, question)),
      );
      if (JSON.stringify(native) !== JSON.stringify(own)) different.push({ question, native, own });
    }
    expect(different).toEqual([]);
    expect(await discovered(target)).toEqual(LOADED);
    expect(await discovered("native")).toEqual({});
  });

  it.each(TARGETS)("by %s, and the telemetry filter counts what they let through", async (target) => {
    const { admin } = envoys.get(target)!;
    // It writes its series a second after the first request.
    await waitFor({
      what: "istio_requests_total",
      check: async () =>
        /istio_requests_total[^]*200/.test(await (await fetch(`${admin.url}/stats`)).text()) || undefined,
      timeoutMs: 20_000,
    });
  });

  it("and lets nothing through where one cannot be fetched", async () => {
    for (const question of questions) {
      const { status } = await ask(proxies.get("missing")!.port, question);
      expect(status).toBeGreaterThanOrEqual(401);
    }
    // What Istio's agent puts in its place denies everything.
    expect(await discovered("missing")).toEqual({ ...LOADED, "rbac-deny": "rbac", "rbac-allow": "rbac" });
  });

  /** What became of the filters that a proxy had to discover. */
  async function discovered(name: string): Promise<Record<string, string>> {
    const { admin } = envoys.get(name)!;
    const answer = await fetch(`${admin.url}/config_dump?resource=ecds_filters`);
    // It answers otherwise when there are none.
    if (!answer.ok) return {};
    const { configs = [] } = (await answer.json()) as { configs?: EcdsDump[] };
    return Object.fromEntries(
      // Istio puts a namespace in front, and more behind.
      configs.map(({ ecds_filter: { name: own, typed_config } }) => [
        Object.keys(LOADED).find((one) => own.includes(one)) ?? own,
        /http\.(\w+)\.v3/.exec(typed_config["@type"])![1]!,
      ]),
    );
  }
});

interface EcdsDump {
  readonly ecds_filter: { readonly name: string; readonly typed_config: { readonly "@type": string } };
}
