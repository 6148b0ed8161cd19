import type { Command } from "commander";
import { once } from "node:events";
import { join } from "node:path";
import pc from "picocolors";
import { type Case, loadCases } from "../conformance/cases.js";
import { settled } from "../conformance/envoy-counters.js";
import { EnvoySubject } from "../conformance/envoy-subject.js";
import { compileFilters } from "../conformance/run.js";
import { deliver } from "../demo/delivery.js";
import { type DemoRow, demoTable, wrongOf } from "../demo/table.js";
import { type LocatedEnvoy, locateEnvoy, versionOrPath } from "../envoy/index.js";
import { HarnessError } from "../errors.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { Progress } from "../progress.js";

interface Options {
  keep?: boolean;
  envoy?: string;
}

export function register(program: Command): void {
  program
    .command("demo")
    .summary("the filters on stock Envoy, with real traffic")
    .description(
      "Starts stock Envoy with the filters before a sample app, sends requests, and shows what they did.",
    )
    .option("--keep", "leave it running until Ctrl-C and print the addresses")
    .option("--envoy <version|path>", "Envoy to use: a pinned version, or a binary, by a path with a slash")
    .action(demo);
}

async function demo(options: Options): Promise<void> {
  const progress = new Progress();
  // Each filter has a file of its own there, so that a new one adds its rows by adding its file.
  const cases = await loadCases(join(PACKAGE_ROOT, "envoy-configs", "demo"));
  const envoy = await locateEnvoy({ ...versionOrPath(options.envoy), progress });
  progress.step("compiling the filters");
  const wasmFiles = await compileFilters(cases, PACKAGE_ROOT);
  progress.step(`starting Envoy ${envoy.version}`);
  // The cases name modules by files below it.
  process.chdir(PACKAGE_ROOT);
  const subject = await EnvoySubject.start({ name: "tremula", host: "envoy", envoy, cases, wasmFiles });
  try {
    const rows = await sendAll(subject, cases);
    progress.step("delivering the filters");
    rows.push(...(await deliver(envoy)));
    progress.clear();
    process.stdout.write(`${demoTable(rows)}\n`);
    const wrong = [
      ...rows.flatMap(wrongOf),
      ...(await showCounters(subject, cases)),
      ...(await showLog(subject, cases)),
    ];
    process.stdout.write(`${envoyLine(envoy)}\n`);
    if (options.keep) await keep(subject, cases);
    if (wrong.length > 0)
      throw new HarnessError("DEMO_DIFFERS", `not what was expected: ${wrong.join("; ")}`);
  } finally {
    await subject.close();
  }
}

async function sendAll(subject: EnvoySubject, cases: readonly Case[]): Promise<DemoRow[]> {
  const rows: DemoRow[] = [];
  for (const one of cases) {
    for (const request of one.requests) {
      rows.push({ filter: one.filter, request, exchange: await subject.exchange(one, request) });
    }
    for (const connection of one.connections) {
      rows.push({ filter: one.filter, connection, exchange: await subject.converse(one, connection) });
    }
  }
  return rows;
}

/** Prints the counters that the cases are about; returns those that are not what they should be. */
async function showCounters(subject: EnvoySubject, cases: readonly Case[]): Promise<string[]> {
  const all = cases.flatMap(({ counters }) => Object.entries(counters));
  // What a connection leaves behind comes after its end.
  await settled(async () => {
    const now = await subject.envoy.admin.stats();
    return all.filter(([name, expected]) => now.counter(name) !== expected).map(([name]) => name);
  });
  const stats = await subject.envoy.admin.stats();
  const wrong: string[] = [];
  for (const [name, expected] of all) {
    const value = stats.counter(name);
    const verdict = value === expected ? pc.green("ok") : pc.red(`expected ${expected}`);
    process.stdout.write(`${name}: ${value}  ${verdict}\n`);
    if (value !== expected) wrong.push(`counter ${name}: expected ${expected}, got ${value}`);
  }
  return wrong;
}

/** Prints what the cases look for in Envoy's log; returns what is not there. */
async function showLog(subject: EnvoySubject, cases: readonly Case[]): Promise<string[]> {
  const wanted = cases.flatMap(({ log }) => log);
  const find = async (): Promise<string[]> => {
    const log = await subject.envoy.log();
    return wanted.filter((text) => !log.includes(text));
  };
  const missing = await settled(find);
  for (const text of wanted) {
    const verdict = missing.includes(text) ? pc.red("not in Envoy's log") : pc.green("ok");
    process.stdout.write(`log: ${text}  ${verdict}\n`);
  }
  return missing.map((text) => `not in the log: ${JSON.stringify(text)}`);
}

function envoyLine({ version, path }: LocatedEnvoy): string {
  return `stock Envoy ${version}  ${pc.dim(path)}`;
}

async function keep(subject: EnvoySubject, cases: readonly Case[]): Promise<void> {
  process.stdout.write("\nrunning until Ctrl-C:\n");
  for (const one of cases) {
    const { host, port } = await subject.address(one);
    const url = one.connections.length > 0 ? `${host}:${port}` : `http://${host}:${port}/`;
    process.stdout.write(`  ${one.filter}: ${url}  (${one.case})\n`);
  }
  process.stdout.write(`  Envoy's admin interface: ${subject.envoy.admin.url}\n`);
  const exit = await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM"), subject.envoy.exited]);
  if ("expected" in exit) {
    throw new HarnessError(
      "ENVOY_DIED",
      `Envoy was ended from outside (${exit.signal ?? `code ${exit.code}`})`,
    );
  }
}
