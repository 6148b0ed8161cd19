import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { startEnvoy, waitFor, type RunningEnvoy } from "../../harness/envoy/index.js";
import { execute } from "./execute.js";
import { stopChild } from "./stop-child.js";
import { meshTool } from "./tools.js";

/** Its xDS, and where proxies fetch modules from; neither can be chosen. */
const XDS_PORT = 18_000;
const MODULES_PORT = 18_002;

/** A real Envoy Gateway without Kubernetes: it reads resources from a file. There can be one at a time on a machine. */
export class EnvoyGateway {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(resources: string): Promise<EnvoyGateway> {
    const folder = mkdtempSync(join(tmpdir(), "tremula-gateway-"));
    const home = join(folder, "home");
    mkdirSync(join(folder, "resources"));
    writeFileSync(join(folder, "resources/all.yaml"), resources);
    const config = join(folder, "config.yaml");
    const paths = { configHome: home, dataHome: home, stateHome: home, runtimeDir: join(folder, "run") };
    writeFileSync(
      config,
      stringify({
        apiVersion: "gateway.envoyproxy.io/v1alpha1",
        kind: "EnvoyGateway",
        gateway: { controllerName: "gateway.envoyproxy.io/gatewayclass-controller" },
        provider: {
          type: "Custom",
          custom: {
            resource: { type: "File", file: { paths: [join(folder, "resources")] } },
            infrastructure: { type: "Host", host: paths },
          },
        },
        logging: { level: { default: "info" } },
        extensionApis: { enableBackend: true },
      }),
    );
    const tool = meshTool("envoy-gateway")!;
    const made = await execute(tool, ["certgen", "--local", "--config-home", home]);
    if (made.code !== 0) throw new Error(`envoy-gateway certgen: ${made.stderr}`);
    const log = openSync(join(folder, "log"), "w");
    // It would like to download an Envoy, and run that: a proxy that is not there keeps it from trying in earnest.
    const env = { ...process.env, HOME: home, HTTPS_PROXY: "http://127.0.0.1:9" };
    const child = spawn(tool, ["server", "-c", config], { cwd: folder, env, stdio: ["ignore", log, log] });
    closeSync(log);
    const gateway = new EnvoyGateway(child, folder);
    try {
      for (const port of [XDS_PORT, MODULES_PORT])
        await waitFor({
          what: `envoy-gateway to listen on ${port}`,
          check: async () => {
            if (child.exitCode !== null) throw new Error(`envoy-gateway ended:\n${gateway.log.slice(-4000)}`);
            return (await isOpen(port)) || undefined;
          },
          timeoutMs: 120_000,
        });
      return gateway;
    } catch (error) {
      await gateway.stop();
      throw error;
    }
  }

  /** Other resources in place of those that it has; it watches the file. */
  write(resources: string): void {
    writeFileSync(join(this.folder, "resources/all.yaml"), resources);
  }

  /** A stock Envoy that is the proxy of a Gateway. */
  startProxy(namespace: string, name: string): Promise<RunningEnvoy> {
    const bootstrap = {
      node: { id: `${name}-proxy`, cluster: `${namespace}/${name}` },
      dynamic_resources: {
        lds_config: { ads: {}, resource_api_version: "V3" },
        cds_config: { ads: {}, resource_api_version: "V3" },
        ads_config: {
          api_type: "DELTA_GRPC",
          transport_api_version: "V3",
          grpc_services: [{ envoy_grpc: { cluster_name: "xds_cluster" } }],
        },
      },
      static_resources: {
        clusters: [
          {
            ...this.#cluster("xds_cluster", XDS_PORT),
            typed_extension_protocol_options: {
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                explicit_http_config: { http2_protocol_options: {} },
              },
            },
          },
          this.#cluster("wasm_cluster", MODULES_PORT),
        ],
      },
    };
    return startEnvoy({ config: JSON.stringify(bootstrap), startTimeoutMs: 120_000 });
  }

  /** A server of Envoy Gateway's, with the certificates that it has made. */
  #cluster(name: string, port: number): object {
    const file = (own: string): object => ({ filename: join(this.folder, "home/certs/envoy", own) });
    const tls = {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      common_tls_context: {
        tls_params: { tls_maximum_protocol_version: "TLSv1_3" },
        tls_certificates: [{ certificate_chain: file("tls.crt"), private_key: file("tls.key") }],
        validation_context: { trusted_ca: file("ca.crt") },
      },
    };
    const address = { socket_address: { address: "127.0.0.1", port_value: port } };
    return {
      name,
      type: "STATIC",
      connect_timeout: "10s",
      transport_socket: { name: "envoy.transport_sockets.tls", typed_config: tls },
      load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    };
  }

  get log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  async stop(): Promise<void> {
    await stopChild(this.child, () => this.child.kill("SIGTERM"), 5000);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Why there cannot be an Envoy Gateway now, or null. */
export async function portsTaken(): Promise<string | null> {
  for (const port of [XDS_PORT, MODULES_PORT, 19_000, 19_001, 19_003, 8081])
    if (await isOpen(port)) return `port ${port} is taken, and Envoy Gateway's ports are fixed`;
  return null;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
