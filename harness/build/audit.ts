import {
  ABI_MARKERS,
  BOOKKEEPING,
  CALLBACKS,
  HOST_FUNCTIONS,
  REMOVED_HOST_FUNCTIONS,
  WASI_FUNCTIONS,
  WASI_MODULES,
} from "./abi.js";
import type { ModuleExport, ModuleImport, WasmModule } from "./module.js";

/** Something that keeps a module from loading (`error`) or is probably not meant (`warning`). */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly text: string;
}

/** Imports that AssemblyScript's own library brings in, and what in a filter does it. */
const ASSEMBLYSCRIPT_CAUSES: Readonly<Record<string, string>> = {
  abort:
    "AssemblyScript's abort (throw, assert, array bounds, heap.alloc): compile with `tremula build`, which routes it to the SDK's own",
  seed: "Math.random: use the host's random bytes",
  trace: "trace(): use log()",
  "console.log": "console.log: use logInfo() and its siblings",
  "console.debug": "console.debug: use logDebug()",
  "console.info": "console.info: use logInfo()",
  "console.warn": "console.warn: use logWarn()",
  "console.error": "console.error: use logError()",
  "Date.now": "Date.now: use currentTimeNanoseconds()",
  "performance.now": "performance.now: use currentTimeNanoseconds()",
  "process.exit": "process.exit: a filter cannot end Envoy",
};

/** Checks a module against what stock Envoy links: its imports, its exports and their types. */
export function audit(module: WasmModule): Finding[] {
  return [...module.imports.flatMap(auditImport), ...auditMarkers(module), ...auditExports(module)];
}

function auditImport(entry: ModuleImport): Finding[] {
  const name = `${entry.module}.${entry.name}`;
  if (entry.kind !== "function")
    return [error(`import ${name} is a ${entry.kind}; Envoy offers functions only`)];
  const table =
    entry.module === "env" ? HOST_FUNCTIONS : WASI_MODULES.includes(entry.module) ? WASI_FUNCTIONS : {};
  const expected = table[entry.name];
  if (expected === undefined) return [error(`import ${name} does not exist in Envoy${why(entry)}`)];
  if (entry.signature !== expected) {
    return [error(`import ${name} has type ${spell(entry.signature)}; Envoy's has ${spell(expected)}`)];
  }
  return [];
}

function why(entry: ModuleImport): string {
  if (entry.module !== "env") {
    return WASI_MODULES.includes(entry.module) ? "'s WASI" : `: it has no module ${entry.module}`;
  }
  const replacement = REMOVED_HOST_FUNCTIONS[entry.name];
  if (replacement !== undefined) return `: it went with ABI 0.1.0; use ${replacement}`;
  const cause = ASSEMBLYSCRIPT_CAUSES[entry.name];
  return cause === undefined ? "" : `; it comes from ${cause}`;
}

function auditMarkers(module: WasmModule): Finding[] {
  const markers = module.exports.filter(({ name }) => name.startsWith("proxy_abi_version_"));
  if (markers.length === 0) {
    return [
      error(
        'no ABI marker (proxy_abi_version_0_2_1): the entry file needs `export * from "tremula/assembly/proxy";`',
      ),
    ];
  }
  return markers
    .filter(({ name }) => !(name in ABI_MARKERS))
    .map(({ name }) => error(`ABI marker ${name} is unknown to Envoy; it speaks 0.1.0, 0.2.0 and 0.2.1`));
}

function auditExports(module: WasmModule): Finding[] {
  const findings: Finding[] = [];
  const names = new Set(module.exports.map(({ name }) => name));
  if (module.exports.every(({ kind }) => kind !== "memory")) findings.push(error("no memory is exported"));
  if (!names.has("malloc") && !names.has("proxy_on_memory_allocate")) {
    findings.push(
      error("neither malloc nor proxy_on_memory_allocate is exported: the host cannot return values"),
    );
  }
  if (module.hasStart) {
    findings.push(
      error(
        "the module has a start section, which runs before the host can serve calls: export _initialize instead",
      ),
    );
  }
  for (const entry of module.exports) findings.push(...auditExport(entry));
  return findings;
}

function auditExport(entry: ModuleExport): Finding[] {
  if (entry.name in ABI_MARKERS || entry.kind === "memory") return [];
  const expected = CALLBACKS[entry.name] ?? BOOKKEEPING[entry.name];
  if (expected !== undefined) {
    if (entry.signature === expected) return [];
    return [
      error(`export ${entry.name} has type ${spell(entry.signature)}; Envoy calls it as ${spell(expected)}`),
    ];
  }
  if (/^proxy_(on|validate)_/.test(entry.name)) {
    return [warning(`export ${entry.name} looks like a callback, but Envoy knows none of that name`)];
  }
  return [];
}

/** `(i32 i32) -> i32` for `ii:i`. */
export function spell(signature: string | undefined): string {
  if (signature === undefined) return "no function type";
  const [parameters = "", result = ""] = signature.split(":");
  const words = (letters: string) =>
    [...letters].map((letter) => ({ i: "i32", l: "i64", f: "f32", d: "f64" })[letter] ?? "other").join(" ");
  return `(${words(parameters)}) -> ${words(result) || "nothing"}`;
}

function error(text: string): Finding {
  return { severity: "error", text };
}

function warning(text: string): Finding {
  return { severity: "warning", text };
}
