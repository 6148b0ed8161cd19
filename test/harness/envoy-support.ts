import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, vi } from "vitest";
import { Progress } from "../../harness/progress.js";
import { waitFor } from "../../harness/envoy/wait.js";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

// These tests start processes; on a busy machine that takes its time. Each wait has a limit and a message of its own.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

/** An executable that behaves as Envoy does towards its launcher. */
export const FAKE_ENVOY = join(ROOT, "test/fixtures/fake-envoy.mjs");

/** Says nothing, so that the output of the tests stays theirs. */
export const QUIET = Object.assign(new Progress(), { step: () => undefined, note: () => undefined });

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A folder that goes with the test file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tremula-test-"));
  folders.push(folder);
  return folder;
}

/** A bootstrap config for the fake Envoy. */
export const fakeConfig = (fake: object = {}, listeners: readonly string[] = []): string =>
  JSON.stringify({
    node: { metadata: { fake } },
    static_resources: { listeners: listeners.map((name) => ({ name })) },
  });

/** A listener that answers every request with a text. */
export function directResponse(
  body: string,
  port: number | string = 0,
  filters: readonly object[] = [],
): string {
  const types = "type.googleapis.com/envoy.extensions.filters";
  const router = { name: "router", typed_config: { "@type": `${types}.http.router.v3.Router` } };
  const routes = [
    { match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: body } } },
  ];
  const manager = {
    "@type": `${types}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "web",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
    http_filters: [...filters, router],
  };
  const listener = {
    name: "web",
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
  return JSON.stringify({ static_resources: { listeners: [listener] } }, undefined, 2);
}

/** Whether a process runs; one that waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Waits until a process has ended. */
export const waitUntilGone = (pid: number): Promise<true> =>
  waitFor({
    what: `process ${pid} to end`,
    timeoutMs: 20_000,
    check: () => (isAlive(pid) ? undefined : (true as const)),
  });

/**
 * The harness as JavaScript in a folder of its own, for tests that need a harness process to end: Node 20 runs no
 * TypeScript, and `dist` may be of an earlier state.
 */
export async function compiledHarness(): Promise<string> {
  const folder = await temporaryFolder();
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  // By which the harness knows its package's folder.
  await writeFile(join(folder, "asconfig.json"), "{}");
  const sources = ["harness", "harness/envoy"].flatMap((of) =>
    readdirSync(join(ROOT, of)).flatMap((name) => (name.endsWith(".ts") ? [`${of}/${name}`] : [])),
  );
  sources.push(...["envoy", "positive-integer", "run"].map((name) => `harness/commands/${name}.ts`));
  for (const source of sources) {
    const target = join(folder, source.replace(/\.ts$/, ".js"));
    await mkdir(dirname(target), { recursive: true });
    const options = {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      verbatimModuleSyntax: true,
    };
    const text = ts.transpileModule(readFileSync(join(ROOT, source), "utf8"), { compilerOptions: options });
    await writeFile(target, text.outputText);
  }
  return folder;
}

/** A child process whose output can be waited for. */
export class Child {
  output = "";
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(
    script: string,
    args: readonly string[] = [],
    options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ) {
    this.process = spawn(process.execPath, [script, ...args], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => (this.output += chunk));
    }
    this.ended = new Promise((settle) => {
      this.process.on("close", (code, signal) => settle({ code, signal }));
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Waits until the output from `from` on matches, and says what it was when it does not. */
  waitFor(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return waitFor({
      what: `output that matches ${pattern}`,
      timeoutMs: 40_000,
      check: () => {
        const match = pattern.exec(this.output.slice(from));
        if (match === null && this.process.exitCode !== null) {
          throw new Error(`ended with ${this.process.exitCode} without ${pattern}:\n${this.output}`);
        }
        return match ?? undefined;
      },
      detail: () => `it was:\n${this.output}`,
    });
  }
}

/** Writes a script that imports the compiled harness, and gives its path. */
export async function script(harness: string, name: string, text: string): Promise<string> {
  const path = join(harness, `${name}.mjs`);
  await writeFile(path, text);
  return path;
}
