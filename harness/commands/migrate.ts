import type { Command } from "commander";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import {
  filesOf,
  migrate,
  mtlsPlan,
  noteText,
  planText,
  yamlOf,
  type MigrateOptions,
  type Note,
} from "../migrate/index.js";
import { Progress } from "../progress.js";
import { placeText, readValidResources } from "../resources/index.js";
import { readMetrics } from "../vet/index.js";
import { writeWhole } from "../whole-file.js";
import { writeJson } from "./json-file.js";

interface PolicyOptions extends MigrateOptions {
  json?: string;
}

interface PlanOptions {
  rootNamespace?: string;
  namespace?: string[];
  metrics?: string;
  out?: string;
  json?: string;
}

const FILES = "YAML or JSON: files, folders, - for standard input (kubectl get … -o yaml)";
const ROOT = "where policies are for the whole mesh";

/** Adds `tremula migrate` to the program. */
export function register(program: Command): void {
  const command = program
    .command("migrate")
    .description("from Istio's old security resources to today's, and to mTLS");
  command
    .command("policies", { isDefault: true })
    .summary("today's resources for those of Istio before 1.6")
    .description(
      "Prints PeerAuthentication, RequestAuthentication and AuthorizationPolicy for Policy, MeshPolicy, ClusterRbacConfig, " +
        "ServiceRole and ServiceRoleBinding, and on standard error what was lost and which requests are answered otherwise. " +
        "The Services are needed too, because today's resources select workloads by label.",
    )
    .argument("<files...>", FILES)
    .option("-n, --namespace <name>", "migrate this namespace alone; what is for the mesh is written for it")
    .option("--root-namespace <name>", ROOT, "istio-system")
    .option(
      "--allow-no-cluster-rbac-config",
      "migrate roles although nothing says where authorization was on",
    )
    .option("--drop-wildcards", "leave out conditions that ask for any value, as istioctl's converter did")
    .option("--forward-tokens", "pass tokens on to the workloads, as the old policies did")
    .option("--json <file>", "write the resources and the notes as JSON")
    .action((files: string[], options: PolicyOptions) => policies(files, options));
  command
    .command("mtls-plan")
    .summary("the way to mTLS, in phases that can be taken back")
    .description(
      "Plans PERMISSIVE, clients, observation, STRICT by workload, by namespace and for the mesh: each phase as YAML, with " +
        "its rollback, and the checks that must be clean first.",
    )
    .argument("<files...>", FILES)
    .option("-n, --namespace <names...>", "only these namespaces, and not the mesh")
    .option("--root-namespace <name>", ROOT)
    .option("--metrics <file>", "a scrape of Istio's metrics, to find who still uses plain text")
    .option("--out <dir>", "write the plan's files")
    .option("--json <file>", "write the plan as JSON")
    .action((files: string[], options: PlanOptions) => plan(files, options));
}

async function policies(files: string[], { json, ...options }: PolicyOptions): Promise<void> {
  const { written, notes } = migrate(await readValidResources(files, { progress: new Progress() }), options);
  process.stdout.write(yamlOf(written));
  for (const note of notes) process.stderr.write(`${noteText(note)}\n`);
  if (json !== undefined) await writeJson(json, { resources: written, notes: notes.map(jsonNote) });
  if (notes.some(({ kind }) => kind === "error")) process.exitCode = ExitCode.checkFailed;
}

function jsonNote({ kind, object, position, message }: Note): Record<string, unknown> {
  return { kind, object, where: placeText(position), message };
}

async function plan(
  files: string[],
  { namespace, rootNamespace, metrics, out, json }: PlanOptions,
): Promise<void> {
  const result = mtlsPlan(await readValidResources(files, { progress: new Progress() }), {
    ...(namespace && { namespaces: namespace.flatMap((names) => names.split(",")) }),
    ...(rootNamespace !== undefined && { rootNamespace }),
    ...(metrics !== undefined && { metrics: await readMetrics(metrics) }),
  });
  if (out !== undefined)
    for (const [file, text] of filesOf(result)) {
      const path = join(out, file);
      await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
        throw new HarnessError("NOT_WRITTEN", `--out ${out} cannot be made: ${fileTrouble(cause)}`, {
          exitCode: ExitCode.environment,
          cause,
        });
      });
      await writeWhole(path, text);
    }
  process.stdout.write(planText(result));
  if (json !== undefined) await writeJson(json, result);
  if (result.phases.some(({ blocking }) => blocking.length > 0)) process.exitCode = ExitCode.checkFailed;
}
