import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { waitFor } from "../../harness/envoy/index.js";
import { stopChild } from "./stop-child.js";
import { meshTool, type MeshTool } from "./tools.js";

/** What holds for a whole mesh, by the names of Istio's mesh configuration. */
export interface MeshConfig {
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
  /** A folder with the files of the certificate that sidecars get. */
  readonly certificates?: string;
}

/** A server of Istio's that is up, with a folder of its own. It writes its address into a file, and ends with its input. */
export class IstioServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** Host and port, of ADS. */
    readonly address: string,
  ) {}

  /** Istio's control plane, told of resources by YAML. */
  static async controlPlane(resources: string, mesh: MeshConfig = {}): Promise<IstioServer> {
    const folder = mkdtempSync(join(tmpdir(), "tremula-istio-"));
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const { certificates = "", ...config } = mesh;
    const args = ["-test.run", "^TestServe$", "-test.timeout", "0"];
    return IstioServer.#start("istio-discovery", args, folder, {
      MESH_RESOURCES: write("resources.yaml", resources),
      MESH_CONFIG: write("mesh.yaml", stringify(config)),
      MESH_CERTIFICATES: certificates,
      // Stock Envoy has no such filters.
      PILOT_ENABLE_METADATA_EXCHANGE: "false",
      PILOT_ENABLE_ALPN_FILTER: "false",
    });
  }

  /** What Istio's agent does between a control plane and Envoy: fetch the modules of filters. */
  static async agent(controlPlane: IstioServer): Promise<IstioServer> {
    const folder = mkdtempSync(join(tmpdir(), "tremula-agent-"));
    return IstioServer.#start("istio-agent", [controlPlane.address, folder], folder, {});
  }

  static async #start(
    tool: MeshTool,
    args: readonly string[],
    folder: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<IstioServer> {
    const addressFile = join(folder, "address");
    const logFile = join(folder, "log");
    const log = openSync(logFile, "w");
    const env = { ...process.env, ...environment, MESH_ADDRESS: addressFile };
    const child = spawn(meshTool(tool)!, args, { cwd: folder, env, stdio: ["pipe", log, log] });
    closeSync(log);
    const server = (address: string) => new IstioServer(child, folder, address);
    try {
      return await waitFor({
        what: `${tool} to listen`,
        check: () => {
          if (child.exitCode !== null)
            throw new Error(`${tool} ended:\n${readFileSync(logFile, "utf8").slice(-4000)}`);
          const address = existsSync(addressFile) ? readFileSync(addressFile, "utf8") : "";
          return Promise.resolve(address === "" ? undefined : server(address));
        },
        timeoutMs: 120_000,
      });
    } catch (error) {
      await server("").stop();
      throw error;
    }
  }

  /** Where sidecars ask for their certificates, if there are any. */
  get secretsSocket(): string {
    return join(this.folder, "var/run/secrets/workload-spiffe-uds/socket");
  }

  /** What it has logged. */
  get log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  async stop(): Promise<void> {
    await stopChild(this.child, () => this.child.stdin?.end());
    rmSync(this.folder, { recursive: true, force: true });
  }
}
