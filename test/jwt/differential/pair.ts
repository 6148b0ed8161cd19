import http from "node:http";
import { compile } from "../../../harness/build/compile.js";
import { startEnvoy, type RunningEnvoy } from "../../../harness/envoy/index.js";
import { startEcho, type EchoServer } from "../../../harness/upstream/index.js";
import type { Configuration } from "./configuration.js";
import type { SentRequest } from "./request.js";

const TYPE = "type.googleapis.com";
/** Of the upstream's report: what Envoy itself adds. */
const ENVOYS_OWN = /^(host|x-request-id|x-envoy-.*|x-forwarded-proto|content-length)$/;

/** What came of a request. */
export interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly challenge: string;
  /** What reached the upstream; null when nothing did. */
  readonly upstream: { readonly path: string; readonly headers: readonly string[] } | null;
}

/** One Envoy in which each configuration is there twice: for the native filter and for ours. */
export class Pairs {
  private readonly agent = new http.Agent({ keepAlive: true });

  private constructor(
    private readonly envoy: RunningEnvoy,
    private readonly echo: EchoServer,
    private readonly ports: ReadonlyMap<string, number>,
  ) {}

  static async start(configurations: readonly Configuration[]): Promise<Pairs> {
    const { outFile } = await compile({ entry: "filters/jwt-authn/index.ts" });
    const echo = await startEcho({ recordLimit: 1 });
    const listeners = configurations.flatMap((configuration, index) => [
      listener(`native-${index}`, nativeFilter(configuration)),
      listener(`ours-${index}`, ourFilter(configuration, outFile)),
    ]);
    const endpoint = { endpoint: { address: address(echo.port) } };
    const clusters = [
      {
        name: "upstream",
        type: "STATIC",
        load_assignment: { cluster_name: "upstream", endpoints: [{ lb_endpoints: [endpoint] }] },
      },
    ];
    const envoy = await startEnvoy({ config: JSON.stringify({ static_resources: { listeners, clusters } }) });
    const ports = new Map<string, number>();
    for (const { name } of listeners) ports.set(name, (await envoy.listener(name)).port);
    return new Pairs(envoy, echo, ports);
  }

  native(index: number, request: SentRequest): Promise<Outcome> {
    return this.#ask(this.ports.get(`native-${index}`)!, request);
  }

  ours(index: number, request: SentRequest): Promise<Outcome> {
    return this.#ask(this.ports.get(`ours-${index}`)!, request);
  }

  log(): Promise<string> {
    return this.envoy.log();
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    await this.envoy.stop();
    await this.echo.close();
  }

  #ask(port: number, { method, path, headers }: SentRequest): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const flat = [["host", "h.example"], ...headers].flat();
      const outgoing = http.request(
        {
          host: "127.0.0.1",
          port,
          method,
          path,
          headers: flat,
          setHost: false,
          agent: this.agent,
          timeout: 60_000,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => resolve(outcome(response, Buffer.concat(chunks).toString())));
        },
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in a minute")));
      outgoing.on("error", reject);
      outgoing.end();
    });
  }
}

function outcome(response: http.IncomingMessage, body: string): Outcome {
  const status = response.statusCode ?? 0;
  const challenge = response.headers["www-authenticate"] ?? "";
  if (status !== 200) return { status, body, challenge, upstream: null };
  const { path, headers } = JSON.parse(body) as { path: string; headers: [string, string][] };
  const [route = "", query = ""] = path.split("?", 2);
  return {
    status,
    body: "",
    challenge,
    upstream: {
      // Native decodes and sorts what is left of a query; ours leaves it as it is.
      path: [
        route,
        ...query
          .split("&")
          .filter((one) => one !== "")
          .map(decodeURIComponent)
          .sort(),
      ].join("&"),
      headers: headers
        .filter(([name]) => !ENVOYS_OWN.test(name))
        .map(([name, value]) => `${name}: ${comparable(name, value)}`)
        .sort(),
    },
  };
}

/** Claims that are lists or objects go in base64, in JSON that is not the same text. */
function comparable(name: string, value: string): string {
  if (name !== "x-n" && name !== "x-deep") return value;
  const text = Buffer.from(value, "base64").toString();
  if (!/^[[{]/.test(text)) return value;
  return JSON.stringify(JSON.parse(text));
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function listener(name: string, filter: object) {
  const manager = {
    "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: name,
    route_config: {
      virtual_hosts: [
        { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "upstream" } }] },
      ],
    },
    http_filters: [
      filter,
      { name: "router", typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` } },
    ],
  };
  return {
    name,
    address: address(0),
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
}

function nativeFilter(configuration: Configuration): object {
  return {
    name: "native",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication`,
      ...configuration,
    },
  };
}

/** One VM for all of them: plugins of one VM differ by root id and name. */
function ourFilter(configuration: Configuration, filename: string): object {
  return {
    name: "ours",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`,
      config: {
        failure_policy: "FAIL_CLOSED",
        configuration: {
          "@type": `${TYPE}/google.protobuf.StringValue`,
          value: JSON.stringify({ mode: "envoy", ...configuration }),
        },
        vm_config: { vm_id: "jwt", runtime: "envoy.wasm.runtime.v8", code: { local: { filename } } },
      },
    },
  };
}
