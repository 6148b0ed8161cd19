import asc from "assemblyscript/asc";
import { existsSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { writeWhole } from "../whole-file.js";
import { Inputs, isFresh } from "./freshness.js";
import keepDefinedCallbacks from "./transform.js";

/** The compiler plugin is an input of every build, like the sources. */
const TRANSFORM = fileURLToPath(new URL(`./transform${extname(import.meta.url)}`, import.meta.url));

/**
 * What sources import of the old AssemblyScript SDK, by either of the paths that it had. It stands for `assembly/compat`,
 * whether that package is installed or not: its filters build with this SDK as they are.
 */
const OLD_RUNTIME =
  /[\\/]node_modules[\\/]@solo-io[\\/]proxy-runtime[\\/](?:assembly[\\/])?(index|proxy)\.ts$/;

export interface CompileOptions {
  /** Entry file, an `index.ts` or a file of its own. */
  readonly entry: string;
  /** Target file; `build/<name>.wasm` below the working folder by default. */
  readonly outFile?: string;
  /** Unoptimized, with names, assertions and a source map. */
  readonly debug?: boolean;
}

export interface Compiled {
  readonly outFile: string;
  /** False when the file was up to date. */
  readonly built: boolean;
}

/** `build/<folder>.wasm` for `<folder>/index.ts`, `build/<file>.wasm` for others. */
export function defaultOutFile(entry: string, debug = false): string {
  const stem = basename(entry, extname(entry));
  const name = stem === "index" ? basename(dirname(resolve(entry))) : stem;
  return join("build", `${name}${debug ? ".debug" : ""}.wasm`);
}

/**
 * Compiles a filter with the options that Envoy needs, unless its file is newer than everything that went into it. The
 * output appears whole or not at all.
 */
export async function compile(options: CompileOptions): Promise<Compiled> {
  const entry = resolve(options.entry);
  await requireFile(entry, options.entry);
  const outFile = resolve(options.outFile ?? defaultOutFile(entry, options.debug));
  const config = join(PACKAGE_ROOT, "asconfig.json");
  const target = options.debug ? "debug" : "release";
  if (await isFresh(outFile, target)) return { outFile, built: false };

  // The compiler takes paths below its base folder only, so that it gets the entry's folder as base.
  const baseDir = dirname(entry);
  const inputs = new Inputs();
  await Promise.all([config, TRANSFORM].map((path) => inputs.addFile(path)));
  const outputs = new Map<string, Uint8Array | string>();
  const diagnostics: string[] = [];
  const { error } = await asc.main(
    [
      basename(entry),
      "--baseDir",
      baseDir,
      "--config",
      relative(baseDir, config),
      "--target",
      target,
      "--outFile",
      basename(outFile),
    ],
    {
      readFile: (name, base) => readSource(resolve(base, name), inputs),
      writeFile: (name, contents) => void outputs.set(basename(name), contents),
      listFiles: () => [],
      stderr: { write: (chunk: string | Uint8Array) => (diagnostics.push(String(chunk)), true) },
      // @ts-expect-error the compiler takes transforms here; its types do not say so
      transforms: [keepDefinedCallbacks],
    },
  );
  if (error) throw compileError(options.entry, diagnostics.join(""), error);

  await mkdir(dirname(outFile), { recursive: true });
  for (const [name, contents] of outputs) await writeWhole(join(dirname(outFile), name), contents);
  await inputs.record(outFile, target);
  return { outFile, built: true };
}

async function requireFile(entry: string, given: string): Promise<void> {
  const what = await stat(entry).catch((cause: unknown) => {
    throw new HarnessError("ENTRY_MISSING", `${given}: ${fileTrouble(cause)}`, { exitCode: ExitCode.usage });
  });
  if (!what.isDirectory()) return;
  const within = existsSync(join(entry, "index.ts")) ? `: ${join(given, "index.ts")}` : "";
  throw new HarnessError("ENTRY_MISSING", `${given}: it is a folder`, {
    exitCode: ExitCode.usage,
    hint: `give the entry file${within}`,
  });
}

/**
 * Reads a source file for the compiler. `tremula` is found in the node_modules of the filter like any package; where it
 * is not installed there (in this repository, or with a global install) it is this package.
 */
async function readSource(path: string, inputs: Inputs): Promise<string | null> {
  const old = OLD_RUNTIME.exec(path);
  if (old !== null) return `export * from "tremula/assembly/compat${old[1] === "proxy" ? "/proxy" : ""}";`;
  const installed = `${sep}node_modules${sep}tremula${sep}`;
  const at = path.lastIndexOf(installed);
  for (const candidate of at < 0 ? [path] : [path, join(PACKAGE_ROOT, path.slice(at + installed.length))]) {
    const text = await readFile(candidate, "utf8").catch(() => null);
    if (text === null) continue;
    inputs.add(candidate, text);
    return text;
  }
  return null;
}

function compileError(entry: string, diagnostics: string, cause: Error): HarnessError {
  // What the compiler options name is in the SDK; it is missing from a program that does not import it.
  if (/Element '~lib\/tremula\/assembly\/abi\/[^']*' not found/.test(diagnostics)) {
    const message = `${entry} does not use the SDK: it needs \`export * from "tremula/assembly/proxy";\``;
    return new HarnessError("SDK_NOT_IMPORTED", message, { cause });
  }
  const text = diagnostics.trim() || cause.message;
  return new HarnessError("COMPILE_FAILED", `${entry} does not compile\n${text}`, { cause });
}
