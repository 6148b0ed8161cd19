import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locateEnvoy } from "../../harness/envoy/index.js";
import { validateConfig } from "../../harness/envoy/validate.js";

const TYPES = "type.googleapis.com/envoy.extensions.filters";

/** Asks stock Envoy whether its own filter takes a configuration: "" when it does, or what it says. */
export class NativeValidation {
  private constructor(
    private readonly envoy: string,
    private readonly folder: string,
  ) {}

  static async start(): Promise<NativeValidation> {
    const { path } = await locateEnvoy();
    return new NativeValidation(path, await mkdtemp(join(tmpdir(), "tremula-jwt-")));
  }

  async ask(configuration: object): Promise<string> {
    const path = join(this.folder, "envoy.json");
    await writeFile(path, JSON.stringify(bootstrap(configuration)));
    try {
      await validateConfig(this.envoy, path);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

function bootstrap(configuration: object): object {
  const filter = (name: string, type: string, config: object) => ({
    name,
    typed_config: { "@type": `${TYPES}.${type}`, ...config },
  });
  const manager = filter("manager", "network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "http",
    route_config: { virtual_hosts: [] },
    http_filters: [
      filter("jwt", "http.jwt_authn.v3.JwtAuthentication", configuration),
      filter("router", "http.router.v3.Router", {}),
    ],
  });
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  return {
    static_resources: { listeners: [{ name: "http", address, filter_chains: [{ filters: [manager] }] }] },
  };
}
