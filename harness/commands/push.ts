import { InvalidArgumentError, Option, type Command } from "commander";
import { readFile } from "node:fs/promises";
import { readModule } from "../build/module.js";
import { ExitCode, HarnessError } from "../errors.js";
import { abiOfLoadable, annotationsOf, type Described, readPackage } from "../images/describe.js";
import { enterImage } from "../images/image-list.js";
import { VARIANTS, type Variant } from "../images/image.js";
import { pushModule } from "../images/push.js";
import { billOfMaterials } from "../images/sbom.js";
import { sourcesOf } from "../images/sources.js";
import { Progress } from "../progress.js";
import { writeJson } from "./json-file.js";

interface PushOptions extends Described {
  variant: Variant;
  plainHttp?: true;
  sbom: boolean;
  json?: string;
  images?: string;
}

/** Adds `tremula push` to the program. */
export function register(program: Command): void {
  program
    .command("push")
    .summary("a module into a registry, as an image that Istio and Envoy Gateway load")
    .description(
      "Pushes a module as an OCI image, pulls it back and checks that Istio and Envoy Gateway would load it. The same module " +
        "gives the same digest on every machine. Credentials are those of `docker login`.",
    )
    .argument("<file>", "a .wasm file, of any SDK")
    .argument("<image>", "where to: oci://registry/repository:tag")
    .addOption(new Option("--variant <variant>", "the form of the image").choices(VARIANTS).default("compat"))
    .option("--root-id <id>", "a root_id that the module serves; repeatable", collect, [])
    .option("--title <text>", "org.opencontainers.image.title; the file's name by default")
    .option("--image-version <text>", "…version; that of ./package.json by default")
    .option("--revision <text>", "…revision: the commit that it was built from")
    .option("--source <url>", "…source; the repository in ./package.json by default")
    .option("--licenses <spdx>", "…licenses; the license in ./package.json by default")
    .option("--description <text>", "…description")
    .option("--annotation <name=value>", "any other annotation; repeatable", pair, [])
    .option("--no-sbom", "without a bill of materials")
    .option("--plain-http", "without TLS, which is how loopback is talked to anyway")
    .option("--images <file>", "also enter the image into this file, for `tremula generate`")
    .option("--json <file>", "also write what was pushed as JSON")
    .action(push);
}

async function push(file: string, target: string, options: PushOptions): Promise<void> {
  const wasm = await readModule(file);
  const abi = abiOfLoadable(wasm);
  const module = new Uint8Array(await readFile(file));
  const own = await readPackage();
  const annotations = annotationsOf(file, abi, options, own);
  const name = annotations["org.opencontainers.image.title"] ?? file;
  const bill = options.sbom
    ? await billOfMaterials({
        name,
        version: annotations["org.opencontainers.image.version"] ?? "0.0.0",
        license: annotations["org.opencontainers.image.licenses"],
        bytes: module,
        sources: await sourcesOf(file),
      })
    : undefined;
  const progress = new Progress();
  const pushed = await pushModule(module, target, {
    description: {
      variant: options.variant,
      created: sourceDate(),
      abi,
      rootIds: options.rootId,
      annotations,
    },
    ...(bill === undefined ? {} : { bill }),
    ...(options.plainHttp === undefined ? {} : { plainHttp: true }),
    onProgress: (text) => {
      progress.step(text);
    },
  }).finally(() => {
    progress.clear();
  });
  const { url, digest, sha256 } = pushed;
  process.stdout.write(`url:    ${url}\nsha256: ${sha256}\n`);
  if (options.images !== undefined) await enterImage(options.images, file, url, sha256);
  if (options.json !== undefined) {
    const result = {
      url,
      digest,
      sha256,
      variant: options.variant,
      sizeBytes: module.byteLength,
      annotations,
    };
    await writeJson(options.json, result);
  }
}

/** When the image says that it was made (reproducible-builds.org, SOURCE_DATE_EPOCH): 1970 unless told. */
function sourceDate(): number {
  const text = process.env.SOURCE_DATE_EPOCH ?? "0";
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new HarnessError("SOURCE_DATE_INVALID", `SOURCE_DATE_EPOCH is "${text}", not seconds since 1970`, {
    exitCode: ExitCode.usage,
  });
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function pair(text: string, before: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("Expected name=value.");
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}
