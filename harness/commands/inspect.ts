import type { Command } from "commander";
import { ABI_MARKERS, BOOKKEEPING, CALLBACKS } from "../build/abi.js";
import { audit, type Finding, spell } from "../build/audit.js";
import { type ModuleExport, readModule, type WasmModule } from "../build/module.js";
import { HarnessError } from "../errors.js";
import { tryJson, writeJson } from "./json-file.js";

export function register(program: Command): void {
  program
    .command("inspect")
    .summary("ABI, imports, exports and size of a module")
    .description("Shows what a proxy-wasm module asks of its host, and whether stock Envoy would load it.")
    .argument("<file>", "a .wasm file, of any SDK")
    .option("--json <file>", "also write the result as JSON")
    .action(async (file: string, options: { json?: string }) => {
      const module = await readModule(file);
      if (options.json !== undefined) await tryJson(options.json);
      const findings = audit(module);
      process.stdout.write(describe(module, findings));
      if (options.json !== undefined) {
        await writeJson(options.json, { ...module, abi: abiOf(module), findings });
      }
      if (findings.some(({ severity }) => severity === "error")) {
        throw new HarnessError("AUDIT_FAILED", `${file} would not load in Envoy`);
      }
    });
}

function describe(module: WasmModule, findings: readonly Finding[]): string {
  const functions = module.exports.filter(({ kind }) => kind === "function");
  const callbacks = functions.filter(({ name }) => name in CALLBACKS);
  const bookkeeping = functions.filter(({ name }) => name in BOOKKEEPING);
  const known = new Set([
    ...callbacks,
    ...bookkeeping,
    ...functions.filter(({ name }) => name in ABI_MARKERS),
  ]);
  const others = module.exports.filter((entry) => entry.kind !== "memory" && !known.has(entry));
  const lines = [
    `${module.path}  ${module.sizeBytes} bytes  ${abiOf(module)}`,
    ...section("callbacks", callbacks.map(line)),
    ...section("SDK exports", bookkeeping.map(line)),
    ...section(
      "imports",
      module.imports.map((entry) => `${entry.module}.${entry.name} ${spell(entry.signature)}`),
    ),
    ...section("other exports", others.map(line)),
    ...section(
      "findings",
      findings.map(({ severity, text }) => `${severity}: ${text}`),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function line(entry: ModuleExport): string {
  return entry.kind === "function"
    ? `${entry.name} ${spell(entry.signature)}`
    : `${entry.name} (${entry.kind})`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((text) => `  ${text}`)];
}

function abiOf(module: WasmModule): string {
  const marker = module.exports.find(({ name }) => name in ABI_MARKERS);
  return marker === undefined ? "no ABI marker" : `proxy-wasm ABI ${ABI_MARKERS[marker.name]}`;
}
