import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { parse } from "yaml";
import { compile } from "../../harness/build/compile.js";
import { startEnvoy, type RunningEnvoy } from "../../harness/envoy/index.js";
import {
  clusterNamer,
  makePlan,
  render,
  SecureIngressPolicy,
  workloadOf,
  type Target,
} from "../../harness/generate/index.js";
import type { PlanOptions } from "../../harness/generate/plan/index.js";
import type { RenderOptions } from "../../harness/generate/render.js";
import { FILTERS } from "../../harness/generate/plugin.js";
import { resourcesOf } from "../../harness/resources/index.js";

type Options = Partial<Omit<PlanOptions, "workload"> & RenderOptions> & {
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly workload?: string;
  readonly gateway?: string;
  readonly trustDomain?: string;
  readonly aliases?: readonly string[];
};

/** What `tremula generate` writes for a text with resources. */
export function generate(yaml: string, target: Target, options: Options = {}) {
  const { labels = {}, namespace = null, workload = null, gateway = null } = options;
  const { trustDomain = "cluster.local", aliases = [] } = options;
  const resources = resourcesOf(yaml, { kinds: [SecureIngressPolicy], file: "given.yaml" });
  if (resources.problems.length > 0) throw new Error(JSON.stringify(resources.problems));
  const query = { rootNamespace: "istio-system", trustDomain, aliases };
  const plan = makePlan(resources, {
    mode: "strict",
    keys: new Map(),
    nameCluster: clusterNamer(target),
    remoteIsDirect: false,
    isGateway: gateway !== null,
    ...options,
    workload: workloadOf(resources, { ...query, name: workload, labels, namespace, gateway }),
  });
  const text = render(plan, target, {
    allowPartial: false,
    upstream: null,
    listen: "127.0.0.1",
    moduleFile: (filter) => `build/${filter}.wasm`,
    pathNormalization: "BASE",
    tls: null,
    trustedCa: "/ca.pem",
    adminPort: 0,
    images: Object.fromEntries(FILTERS.map((filter) => [filter, imageOf(filter)])),
    failStrategy: "FAIL_CLOSE",
    imagePullSecret: null,
    ...options,
  });
  return { text, journal: plan.journal };
}

function imageOf(filter: string) {
  return {
    url: `oci://registry.example/tremula/${filter}:1.0.0`,
    sha256: filter.length.toString(16).repeat(64).slice(0, 64),
  };
}

interface Bootstrap {
  readonly static_resources: {
    readonly listeners: readonly { readonly address: { socket_address: object } }[];
    readonly clusters: readonly object[];
  };
}

/** Generated configurations, all in one Envoy: each on ports of its own. */
export class Rig {
  private constructor(
    readonly envoy: RunningEnvoy,
    private readonly ports: ReadonlyMap<string, number>,
  ) {}

  /** @param configs Envoy's bootstraps by a name; the listeners of one with several are `name/0`, `name/1` and so on */
  static async start(configs: Readonly<Record<string, string>>): Promise<Rig> {
    const modules = ["jwt-authn", "rbac", "telemetry", "protocol-detection"];
    for (const name of modules) await compile({ entry: `filters/${name}/index.ts` });
    const parsed = Object.entries(configs).map(([name, text]) => [name, parse(text) as Bootstrap] as const);
    const listeners = parsed.flatMap(
      ([
        name,
        {
          static_resources: { listeners },
        },
      ]) =>
        listeners.map((listener, index) => ({
          ...listener,
          name: listeners.length === 1 ? name : `${name}/${index}`,
          address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
        })),
    );
    const clusters = parsed.flatMap(([, { static_resources }]) => static_resources.clusters);
    const config = JSON.stringify({ static_resources: { listeners, clusters } });
    const envoy = await startEnvoy({ config, logLevel: "error", startTimeoutMs: 120_000 });
    const ports = (await envoy.admin.listeners()).map(({ name, port }) => [name, port] as const);
    return new Rig(envoy, new Map(ports));
  }

  /** The status that a request is answered with. */
  async ask(
    name: string,
    path: string,
    headers: http.OutgoingHttpHeaders = {},
    method = "GET",
  ): Promise<number> {
    const { status } = await this.answer(name, path, headers, method);
    return status;
  }

  async answer(name: string, path: string, headers: http.OutgoingHttpHeaders = {}, method = "GET") {
    const options = { host: "127.0.0.1", port: this.port(name), path, method, headers, agent: false };
    const request = http.request(options).end();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return {
      status: response.statusCode!,
      headers: response.headers,
      body: Buffer.concat(chunks).toString(),
    };
  }

  /** What a connection answers to some octets before it is closed; the listener echoes what gets through. */
  async say(name: string, text: string): Promise<string> {
    const socket = net.connect(this.port(name), "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      socket.end();
    });
    socket.on("error", () => undefined);
    socket.write(text);
    await once(socket, "close");
    return Buffer.concat(chunks).toString();
  }

  port(name: string): number {
    const port = this.ports.get(name);
    if (port === undefined) throw new Error(`no listener ${name}`);
    return port;
  }

  stop(): Promise<unknown> {
    return this.envoy.stop();
  }
}
