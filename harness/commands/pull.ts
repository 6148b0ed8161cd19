import type { Command } from "commander";
import { basename } from "node:path";
import { pullModule } from "../images/pull.js";
import { parseReference } from "../images/reference.js";
import { Repository } from "../images/registry.js";
import { writeWhole } from "../whole-file.js";
import { writeJson } from "./json-file.js";

interface PullOptions {
  output?: string;
  plainHttp?: true;
  json?: string;
}

/** Adds `tremula pull` to the program. */
export function register(program: Command): void {
  program
    .command("pull")
    .summary("a module out of a registry, by the rules of Istio and Envoy Gateway")
    .description(
      "Fetches an image, takes the module out of it as Istio and Envoy Gateway do, and writes it to a file.",
    )
    .argument("<image>", "where from: oci://registry/repository:tag, or with @sha256:… behind it")
    .option(
      "-o, --output <file>",
      "where to write the module; the repository's last name and .wasm by default",
    )
    .option("--plain-http", "without TLS, which is how loopback is talked to anyway")
    .option("--json <file>", "also write what was pulled as JSON")
    .action(pull);
}

async function pull(image: string, options: PullOptions): Promise<void> {
  const reference = parseReference(image);
  const output = options.output ?? `${basename(reference.repository)}.wasm`;
  const repository = new Repository(reference, options.plainHttp === undefined ? {} : { plainHttp: true });
  const { module, manifest, annotations } = await pullModule(repository);
  await writeWhole(output, module);
  process.stdout.write(`${output}  ${module.byteLength} bytes  ${manifest.digest}\n`);
  if (options.json !== undefined) {
    const result = { output, digest: manifest.digest, sizeBytes: module.byteLength, annotations };
    await writeJson(options.json, result);
  }
}
