import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { waitFor } from "../envoy/wait.js";
import { freePorts } from "../free-ports.js";

/** Debian's docker-registry on loopback, with a storage of its own. */
export class RegistryServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** Host and port. */
    readonly address: string,
  ) {}

  /** @param more what else its configuration has, `auth` for instance. */
  static async start(more: Readonly<Record<string, unknown>> = {}): Promise<RegistryServer> {
    const folder = await mkdtemp(join(tmpdir(), "tremula-registry-"));
    const address = `127.0.0.1:${(await freePorts(1))[0]}`;
    const config = join(folder, "config.yml");
    await writeFile(
      config,
      stringify({
        version: 0.1,
        log: { level: "error" },
        storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
        http: { addr: address },
        ...more,
      }),
    );
    const child = spawn("docker-registry", ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const server = new RegistryServer(child, folder, address);
    try {
      await waitFor({
        what: "docker-registry to answer",
        check: async () => {
          if (child.exitCode !== null) throw new Error(`docker-registry ended: ${text}`);
          return (await fetch(`http://${address}/v2/`).catch(() => undefined)) && true;
        },
        timeoutMs: 20_000,
      });
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, "exit");
      this.child.kill("SIGKILL");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
