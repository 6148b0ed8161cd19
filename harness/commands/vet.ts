import Table from "cli-table3";
import { Option, type Command } from "commander";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { Progress } from "../progress.js";
import { readResources } from "../resources/index.js";
import {
  countOf,
  fixFiles,
  jsonReport,
  readMetrics,
  RULES,
  sarifReport,
  textReport,
  vet,
  type VetOptions,
  type VetResult,
} from "../vet/index.js";
import { writeWhole } from "../whole-file.js";

interface Options {
  json?: string;
  sarif?: string;
  fix?: true;
  list?: true;
  failOn: "error" | "warning" | "info" | "never";
  ignore?: string[];
  namespace: string;
  rootNamespace?: string;
  metrics?: string;
}

/** Adds `tremula vet` to the program. */
export function register(program: Command): void {
  program
    .command("vet")
    .summary("check the resources of a mesh")
    .description(
      "Looks for what hangs, what is not enforced and what contradicts itself in Kubernetes' and Istio's resources, " +
        "without a cluster. An object's annotation tremula.dev/vet-ignore names checks that are to leave it alone.",
    )
    .argument("[files...]", "YAML or JSON: files, folders, - for standard input (kubectl get … -o yaml)")
    .option("--json <file>", "write the findings as JSON (- for standard output)")
    .option("--sarif <file>", "write the findings as SARIF 2.1.0 (- for standard output)")
    .option("--fix", "make the changes that are safe, in the files")
    .option("--ignore <ids...>", "checks not to be run")
    .addOption(
      new Option("--fail-on <severity>", "the least severity that ends with exit code 1")
        .choices(["error", "warning", "info", "never"])
        .default("error"),
    )
    .option("-n, --namespace <name>", "the namespace of objects that name none", "default")
    .option(
      "--root-namespace <name>",
      "where policies are for the whole mesh (default: from the mesh configuration)",
    )
    .option("--metrics <file>", "a scrape of Istio's metrics, to find who speaks plain text to whom")
    .option("--list", "show the checks")
    .action((files: string[], options: Options) => run(files, options));
}

async function run(files: string[], options: Options): Promise<void> {
  if (options.list) return list();
  const ignore = ignoredIds(options.ignore ?? []);
  if (files.length === 0)
    throw new HarnessError("USAGE", "no files", {
      exitCode: ExitCode.usage,
      hint: "give files or folders, or - for standard input: kubectl get services -A -o yaml | tremula vet -",
    });
  const { rootNamespace, metrics } = options;
  const progress = new Progress();
  const settings: VetOptions = {
    ignore,
    progress,
    ...(rootNamespace !== undefined && { rootNamespace }),
    ...(metrics !== undefined && { metrics: await readMetrics(metrics) }),
  };
  const piped: Buffer[] = [];
  const read = () => readResources(files, { namespace: options.namespace, stdin: kept(piped), progress });
  let result = vet(await read(), settings);
  if (options.fix) {
    const fixed = await fixFiles(result.findings);
    for (const [file, count] of fixed) process.stderr.write(`fixed: ${file}: ${count}\n`);
    if (files.includes("-")) process.stderr.write("standard input is not changed; give files to fix them\n");
    if (fixed.size > 0) result = vet(await read(), settings);
  }
  await report(result, options);
  const { error, warning, info } = countOf(result.findings);
  const failed = { error, warning: error + warning, info: error + warning + info, never: 0 }[options.failOn];
  if (failed > 0) process.exitCode = ExitCode.checkFailed;
}

/** Standard input, which can be read once, for as often as it is needed. */
async function* kept(parts: Buffer[]): AsyncGenerator<Buffer> {
  if (parts.length > 0) return yield* parts;
  for await (const part of process.stdin) {
    parts.push(part as Buffer);
    yield part as Buffer;
  }
}

/** A mistyped id would leave its check in, and the files behind `--ignore` are taken for ids too. */
function ignoredIds(given: readonly string[]): readonly string[] {
  const ids = given.flatMap((text) => text.split(",")).filter((id) => id !== "");
  const unknown = ids.filter((id) => !RULES.some((rule) => rule.id === id));
  if (unknown.length > 0)
    throw new HarnessError("USAGE", `--ignore: ${unknown.join(", ")} is no check`, {
      exitCode: ExitCode.usage,
      hint: "tremula vet --list shows the checks; write the files before --ignore",
    });
  return ids;
}

async function report(result: VetResult, { json, sarif }: Options): Promise<void> {
  const outputs = [
    { file: json, of: () => jsonReport(result) },
    { file: sarif, of: () => sarifReport(result, version()) },
  ];
  for (const { file, of } of outputs) {
    if (file === undefined) continue;
    const text = `${JSON.stringify(of(), undefined, 2)}\n`;
    if (file === "-") process.stdout.write(text);
    else await writeWhole(file, text);
  }
  if (json !== "-" && sarif !== "-") process.stdout.write(textReport(result));
}

function list(): void {
  const table = new Table({ head: ["id", "severity", "istioctl", "what"], style: { head: [], border: [] } });
  for (const { id, severity, istio, title } of RULES) table.push([id, severity, istio ?? "", title]);
  process.stdout.write(`${table.toString()}\n`);
}

function version(): string {
  const text = readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
