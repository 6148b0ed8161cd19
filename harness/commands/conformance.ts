import Table from "cli-table3";
import type { Command } from "commander";
import pc from "picocolors";
import { loadCases } from "../conformance/cases.js";
import { runConformance } from "../conformance/run.js";
import type { ConformanceResult, Host } from "../conformance/subject.js";
import { locateEnvoy, versionOrPath } from "../envoy/index.js";
import { ExitCode, HarnessError } from "../errors.js";
import { Progress } from "../progress.js";
import { reportConformance, tryReport } from "../report/index.js";
import { tryJson, writeJson } from "./json-file.js";

interface Options {
  filter?: string;
  host?: Host;
  envoy?: string;
  cases: string[];
  json?: string;
  report?: string;
}

export function register(program: Command): void {
  program
    .command("conformance")
    .summary("run the cases in the in-process host and on stock Envoy, on our filters and on native ones")
    .description("Runs cases (YAML) on every subject that can take them and compares what comes out.")
    .option("--filter <name>", "only the cases of this filter")
    .option("--host <host>", "node, envoy or docker; node and envoy by default", parseHost)
    .option(
      "--envoy <version|path>",
      "Envoy to run on: a pinned version, or a binary, by a path with a slash",
    )
    .option("--cases <dir...>", "folders below which *.cases.yaml are read", ["test/conformance", "examples"])
    .option("--json <file>", "also write the results as JSON")
    .option("--report <dir>", "add the results to the page in this folder, index.html")
    .action(conformance);
}

async function conformance(options: Options): Promise<void> {
  const progress = new Progress();
  const all = await loadCases(...options.cases);
  const cases = options.filter === undefined ? all : all.filter(({ filter }) => filter === options.filter);
  if (cases.length === 0) {
    const filters = [...new Set(all.map(({ filter }) => filter))].join(", ");
    const none =
      filters === ""
        ? `no cases in ${options.cases.join(", ")}`
        : `no cases for ${options.filter}; there are: ${filters}`;
    throw new HarnessError("NO_CASES", none, { exitCode: ExitCode.usage });
  }
  if (options.json !== undefined) await tryJson(options.json);
  if (options.report !== undefined) await tryReport(options.report);
  const hosts: readonly Host[] = options.host === undefined ? ["node", "envoy"] : [options.host];
  const needsEnvoy = hosts.some((host) => host !== "node");
  const envoy = needsEnvoy ? await locateEnvoy({ ...versionOrPath(options.envoy), progress }) : undefined;
  const results = await runConformance({ cases, hosts, envoy, root: process.cwd(), progress });
  process.stdout.write(`${table(results)}\n${summary(results)}\n`);
  if (options.json !== undefined) await writeJson(options.json, results);
  if (options.report !== undefined) {
    progress.note(`report: ${await reportConformance(options.report, cases, results)}`);
  }
  if (results.some(({ outcome }) => outcome === "fail")) {
    throw new HarnessError("CASES_FAILED", "some cases failed");
  }
}

function parseHost(value: string): Host {
  if (value === "node" || value === "envoy" || value === "docker") return value;
  throw new HarnessError("USAGE", `--host ${value}: must be node, envoy or docker`, {
    exitCode: ExitCode.usage,
  });
}

function table(results: readonly ConformanceResult[]): string {
  const rows = new Table({
    head: ["filter", "case", "subject", "host", "outcome"],
    style: { head: [], border: [] },
  });
  const colour = { pass: pc.green, fail: pc.red, skip: pc.dim };
  for (const { filter, case: name, subject, host, outcome, detail } of results) {
    rows.push([
      filter,
      name,
      subject,
      host,
      colour[outcome](outcome) + (outcome === "fail" ? `\n${detail}` : ""),
    ]);
  }
  return rows.toString();
}

function summary(results: readonly ConformanceResult[]): string {
  const count = (wanted: string) => results.filter(({ outcome }) => outcome === wanted).length;
  const versions = [...new Set(results.map(({ envoyVersion }) => envoyVersion).filter(Boolean))];
  const hosts = versions.length === 0 ? "in process" : `Envoy ${versions.join(", ")}`;
  return `${hosts}: ${count("pass")} passed, ${count("fail")} failed, ${count("skip")} skipped`;
}
