import binaryen from "assemblyscript/binaryen";
import { readFile } from "node:fs/promises";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";

/** A function's type as `build/abi.ts` writes it; other value types appear under their names. */
type Signature = string;

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: "function" | "table" | "memory" | "global" | "tag";
  /** Functions only. */
  readonly signature?: Signature;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: "function" | "table" | "memory" | "global" | "tag";
  readonly signature?: Signature;
}

/** What a wasm module shows from outside. */
export interface WasmModule {
  readonly path: string;
  readonly sizeBytes: number;
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  /** Code in the start section runs before the host can serve calls. */
  readonly hasStart: boolean;
}

/** Reads a module; one clear error for what is no file or no wasm. */
export async function readModule(path: string): Promise<WasmModule> {
  const bytes = await readFile(path)
    .then((file) => new Uint8Array(file))
    .catch((cause: unknown) => {
      throw new HarnessError("MODULE_UNREADABLE", `${path}: ${fileTrouble(cause)}`, {
        exitCode: ExitCode.usage,
        cause,
      });
    });
  try {
    // V8's own validation first: its messages give the offset, and what follows may rely on a sound module.
    new WebAssembly.Module(bytes);
  } catch (cause) {
    const words = (cause as Error).message.replace(/^WebAssembly\.Module\(\): /, "");
    throw new HarnessError("MODULE_INVALID", `${path} is not a WebAssembly module: ${words}`, { cause });
  }
  return { path, sizeBytes: bytes.byteLength, ...describe(bytes) };
}

function describe(bytes: Uint8Array<ArrayBuffer>): Pick<WasmModule, "imports" | "exports" | "hasStart"> {
  const module = binaryen.readBinaryWithFeatures(bytes, binaryen.Features.All);
  try {
    const signatures = new Map<string, Signature>();
    const imported = new Map<string, Signature>();
    for (let i = 0; i < module.getNumFunctions(); i++) {
      const info = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
      const signature = `${letters(info.params)}:${letters(info.results)}`;
      signatures.set(info.name, signature);
      if (info.module) imported.set(`${info.module}\0${info.base}`, signature);
    }
    const compiled = new WebAssembly.Module(bytes);
    const imports = WebAssembly.Module.imports(compiled).map((entry): ModuleImport => {
      const signature = imported.get(`${entry.module}\0${entry.name}`);
      return { ...kindOf(entry), module: entry.module, ...(signature !== undefined && { signature }) };
    });
    const values = new Map<string, string>();
    for (let i = 0; i < module.getNumExports(); i++) {
      const info = binaryen.getExportInfo(module.getExportByIndex(i));
      values.set(info.name, info.value);
    }
    const exports = WebAssembly.Module.exports(compiled).map((entry): ModuleExport => {
      const signature = entry.kind === "function" ? signatures.get(values.get(entry.name) ?? "") : undefined;
      return { ...kindOf(entry), ...(signature !== undefined && { signature }) };
    });
    return { imports, exports, hasStart: module.getStart() !== 0 };
  } finally {
    module.dispose();
  }
}

function kindOf(entry: { name: string; kind: string }): Pick<ModuleExport, "name" | "kind"> {
  return { name: entry.name, kind: entry.kind as ModuleExport["kind"] };
}

function letters(type: number): string {
  return binaryen.expandType(type).map(letter).join("");
}

function letter(type: number): string {
  if (type === binaryen.i32) return "i";
  if (type === binaryen.i64) return "l";
  if (type === binaryen.f32) return "f";
  if (type === binaryen.f64) return "d";
  return "?";
}
