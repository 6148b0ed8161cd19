import { Option, type Command } from "commander";
import { Progress } from "../progress.js";
import { declarationsOf, type DeclarationOptions } from "../protocol/declarations.js";
import { problemsError, readValidResources } from "../resources/index.js";

interface Options extends DeclarationOptions {
  file: string[];
}

/** Adds `tremula protocol` to the program. */
export function register(program: Command): void {
  const protocol = program
    .command("protocol")
    .description("what ports speak, for the filter protocol-detection");
  protocol
    .command("declarations")
    .summary("declarations from Kubernetes' Services")
    .description(
      "Prints the declarations of the filter protocol-detection that Kubernetes' Services amount to, each with its " +
        "reason: an annotation, appProtocol, the port's name, a well-known port, or nothing, and then it is sniffed.",
    )
    .requiredOption(
      "-f, --file <path...>",
      "Services (and workloads) as YAML or JSON: files, folders, - for standard input",
    )
    .addOption(
      new Option("--side <side>", "where the filter runs: at the workload or at its clients")
        .choices(["inbound", "outbound"])
        .default("inbound"),
    )
    .addOption(
      new Option("--undeclared <what>", "what a port is that nobody has declared")
        .choices(["auto", "tcp", "omit"])
        .default("auto"),
    )
    .action((options: Options) => declarations(options));
}

async function declarations({ file, ...options }: Options): Promise<void> {
  const resources = await readValidResources(file, { progress: new Progress() });
  const { declarations, problems } = declarationsOf(resources, options);
  if (problems.length > 0) throw problemsError(problems);
  process.stdout.write(`${JSON.stringify({ declarations }, undefined, 2)}\n`);
}
