import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { ABI_MARKERS } from "../build/abi.js";
import { audit } from "../build/audit.js";
import type { WasmModule } from "../build/module.js";
import { jsonOr } from "./json.js";
import { HarnessError } from "../errors.js";

/** What the command line may say about a module. */
export interface Described {
  readonly title?: string;
  readonly imageVersion?: string;
  readonly revision?: string;
  readonly source?: string;
  readonly licenses?: string;
  readonly description?: string;
  readonly rootId: readonly string[];
  readonly annotation: readonly (readonly [string, string])[];
}

const Package = z.object({
  version: z.string().optional(),
  license: z.string().optional(),
  repository: z.union([z.string(), z.object({ url: z.string() })]).optional(),
});

type Package = z.infer<typeof Package>;

/** What stands in the working folder's package.json. */
export async function readPackage(): Promise<Package> {
  const text = await readFile("package.json", "utf8").catch(() => "{}");
  return Package.catch({}).parse(jsonOr(text, {}));
}

/** The annotations of an image: what was said, else what the project's package.json says. */
export function annotationsOf(
  file: string,
  abi: string,
  said: Described,
  own: Package,
): Record<string, string> {
  const repository = typeof own.repository === "string" ? own.repository : own.repository?.url;
  const labels = {
    title: said.title ?? basename(file, ".wasm"),
    version: said.imageVersion ?? own.version,
    revision: said.revision,
    source: said.source ?? repository?.replace(/^git\+/, "").replace(/\.git$/, ""),
    licenses: said.licenses ?? own.license,
    description: said.description,
  };
  const known = Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : [[`org.opencontainers.image.${name}`, value] as const],
  );
  return {
    ...Object.fromEntries(known),
    "module.wasm.abi": abi,
    ...(said.rootId.length === 0 ? {} : { "module.wasm.root_ids": said.rootId.join(",") }),
    ...Object.fromEntries(said.annotation),
  };
}

/** The ABI that a module is for; a module that Envoy would not load is not pushed. */
export function abiOfLoadable(module: WasmModule): string {
  const errors = audit(module).filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const lines = errors.map(({ text }) => `  ${text}`).join("\n");
    throw new HarnessError("AUDIT_FAILED", `${module.path} would not load in Envoy:\n${lines}`);
  }
  const marker = module.exports.find(({ name }) => name in ABI_MARKERS);
  return `v${(marker === undefined ? "" : (ABI_MARKERS[marker.name] ?? "")).replace(/\./g, "-")}`;
}
