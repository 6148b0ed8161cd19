import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePorts } from "../../harness/free-ports.js";
import { waitFor } from "../../harness/envoy/wait.js";

/** One series of an answer. */
export interface Sample {
  readonly metric: Record<string, string>;
  readonly value: [number, string];
}

/** A Prometheus of its own, on loopback. */
export class Prometheus {
  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
    private readonly folder: string,
  ) {}

  /**
   * @param targets admin addresses of Envoys, scraped twice a second
   * @param rules files of alerts
   */
  static async start(targets: readonly string[], rules: readonly string[]): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), "tremula-prometheus-"));
    const config = join(folder, "prometheus.yaml");
    const scrape = {
      job_name: "envoy",
      metrics_path: "/stats/prometheus",
      static_configs: [{ targets }],
    };
    const global = { scrape_interval: "500ms", scrape_timeout: "500ms", evaluation_interval: "500ms" };
    await writeFile(config, stringify({ global, rule_files: rules, scrape_configs: [scrape] }));
    const address = `127.0.0.1:${(await freePorts(1))[0]}`;
    const log = join(folder, "log");
    const child = spawn(
      "prometheus",
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=${address}`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const prometheus = new Prometheus(child, `http://${address}`, folder);
    try {
      await waitFor({
        what: `Prometheus to be ready (${log})`,
        timeoutMs: 60_000,
        check: async () => {
          if (child.exitCode !== null) throw new Error(`Prometheus ended:\n${text}`);
          const ready = await fetch(`${prometheus.url}/-/ready`).catch(() => undefined);
          return ready?.ok === true ? true : undefined;
        },
      });
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
    return prometheus;
  }

  /** The series of an expression, those alone that are numbers. Throws Prometheus' words when it does not take it. */
  async query(expression: string): Promise<Sample[]> {
    const { data } = await this.get(`query?query=${encodeURIComponent(expression)}`);
    const { resultType, result } = data as { resultType: string; result: Sample[] };
    if (resultType !== "vector") throw new Error(`${expression} is a ${resultType}`);
    return result.filter(({ value }) => value[1] !== "NaN");
  }

  /** Alerting rules by name, with what Prometheus says of their evaluation. */
  async rules(): Promise<{ name: string; health: string; state: string; lastError?: string }[]> {
    const { data } = await this.get("rules");
    const { groups } = data as { groups: { rules: { name: string; health: string; state: string }[] }[] };
    return groups.flatMap(({ rules }) => rules);
  }

  private async get(path: string): Promise<{ data: unknown }> {
    const answer = await fetch(`${this.url}/api/v1/${path}`);
    const body = (await answer.json()) as { status: string; error?: string; data: unknown };
    if (body.status !== "success") throw new Error(`Prometheus: ${body.error}`);
    return body;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      this.process.kill("SIGTERM");
      await once(this.process, "exit");
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A JSON file of the repository. */
export async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8")) as unknown;
}
