import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { onAbruptEnd } from "../envoy/cleanup.js";
import { type SupervisedProcess, supervise } from "../envoy/supervisor.js";
import { waitFor } from "../envoy/wait.js";
import { freePorts } from "../free-ports.js";

/** Debian's docker-registry on loopback, with a storage of its own. It does not outlive this process. */
export class RegistryServer {
  private constructor(
    private readonly process: SupervisedProcess,
    private readonly remove: () => void,
    /** Host and port. */
    readonly address: string,
  ) {}

  /** @param more what else its configuration has, `auth` for instance. */
  static async start(more: Readonly<Record<string, unknown>> = {}): Promise<RegistryServer> {
    const folder = mkdtempSync(join(tmpdir(), "tremula-registry-"));
    const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
    const forget = onAbruptEnd(removeFolder);
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
    const logPath = join(folder, "log");
    const logFd = openSync(logPath, "a");
    const args = ["serve", config];
    const process = await supervise({ command: "docker-registry", args, logFd }).finally(() =>
      closeSync(logFd),
    );
    const server = new RegistryServer(process, () => (forget(), removeFolder()), address);
    try {
      await waitFor({
        what: "docker-registry to answer",
        check: async () => {
          if (process.exit()) throw new Error(`docker-registry ended: ${await readFile(logPath, "utf8")}`);
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
    this.process.kill();
    await this.process.exited;
    this.remove();
  }
}
