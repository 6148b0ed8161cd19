import asc from "assemblyscript/asc";
import fc from "fast-check";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Inputs, isFresh } from "../harness/build/freshness.js";

// The same cases on every run; TREMULA_SEED asks for others.
fc.configureGlobal({ seed: Number(process.env.TREMULA_SEED ?? 1) });

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FIXTURES = resolve(ROOT, "test/fixtures/units");

const STATUS_UNIMPLEMENTED = 12;
const CALLS_PER_COLLECTION = 50;

/** Addresses and numbers; functions on 64-bit integers have types of their own. */
type Export = (...args: number[]) => number;
/** What a host call does with the module's memory. */
export type HostCall = (memory: WebAssembly.Memory, malloc: Export, ...args: number[]) => number;

/** A fixture, compiled as filters are, with its exports and what it takes to give it octets and read its text. */
export interface Unit {
  readonly call: Readonly<Record<string, Export>>;
  /**
   * Makes a text or octets the input of the next calls.
   *
   * @param slot which input, in fixtures that have several
   */
  give(octets: Uint8Array | string, slot?: number): void;
  /** The string at an address. */
  text(address: number): string;
  octets(address: number, size: number): Uint8Array;
  /** Bytes of memory that the module has. */
  memorySize(): number;
  /** Lines that the module has logged. */
  readonly log: string[];
}

/**
 * Compiles `test/fixtures/units/<name>.as.ts` and starts it. An abort in it is an exception here.
 *
 * @param host the host calls that do something, besides the log; all others answer `Unimplemented`
 */
export async function loadUnit(name: string, host: Readonly<Record<string, HostCall>> = {}): Promise<Unit> {
  const log: string[] = [];
  const calls: Readonly<Record<string, HostCall>> = {
    proxy_log: (memory, _, __, at, size) => (log.push(Buffer.from(memory.buffer, at, size).toString()), 0),
    proxy_get_log_level: (memory, _, at) => (new DataView(memory.buffer).setUint32(at, 0, true), 0),
    ...host,
  };
  const imports = new Proxy(
    {},
    {
      get(_, importName: string) {
        const call = calls[importName];
        if (importName === "abort") return abort;
        if (!call) return () => STATUS_UNIMPLEMENTED;
        return (...args: number[]) => call(exports.memory, exports.malloc ?? exports.allocateRaw!, ...args);
      },
    },
  );
  const module = await WebAssembly.compile(await compileUnit(name));
  const instance = await WebAssembly.instantiate(module, { env: imports, wasi_snapshot_preview1: imports });
  const exports = instance.exports as Record<string, Export> & { memory: WebAssembly.Memory };
  function text(address: number): string {
    const size = new DataView(exports.memory.buffer).getUint32(address - 4, true);
    return Buffer.from(exports.memory.buffer, address, size).toString("utf16le");
  }
  function abort(message: number, file: number, line: number, column: number): never {
    throw new Error(`${message ? text(message) : "abort"} at ${file ? text(file) : "?"}:${line}:${column}`);
  }
  exports._initialize?.();
  return {
    call: collecting(exports),
    give(octets, slot = 0) {
      const source = typeof octets === "string" ? Buffer.from(octets) : octets;
      const allocate = exports.allocate!;
      // Fixtures with one input take its size alone.
      const address = allocate.length === 1 ? allocate(source.length) : allocate(slot, source.length);
      new Uint8Array(exports.memory.buffer).set(source, address);
    },
    text,
    octets: (address, size) => new Uint8Array(exports.memory.buffer.slice(address, address + size)),
    memorySize: () => exports.memory.buffer.byteLength,
    log,
  };
}

/** The exports, with garbage collected between calls every now and then, which is when filters collect theirs. */
function collecting(exports: Readonly<Record<string, Export>>): Readonly<Record<string, Export>> {
  let calls = 0;
  return new Proxy(exports, {
    get(_, name: string) {
      if (++calls % CALLS_PER_COLLECTION === 0) exports.__collect!();
      return exports[name];
    },
  });
}

const TARGET = `unit, asc ${asc.version}`;

/** Compiles a fixture, unless what went into it is what it was: the test files that share one do not wait for each. */
async function compileUnit(name: string): Promise<BufferSource> {
  const outFile = resolve(ROOT, "build/units", `${name}.wasm`);
  if (await isFresh(outFile, TARGET)) return readFile(outFile);
  const inputs = new Inputs();
  let wasm: Uint8Array | undefined;
  let diagnostics = "";
  const { error } = await asc.main(
    [
      ...[relative(ROOT, resolve(FIXTURES, `${name}.as.ts`)), "--baseDir", ROOT],
      ...["--config", "test/assembly/asconfig.json", "--outFile", "unit.wasm", "--runtime", "minimal"],
      ...["-O3", "--shrinkLevel", "1", "--exportStart", "_initialize", "--exportRuntime"],
    ],
    {
      readFile: (file, base) => readSource(resolve(base, file), inputs),
      writeFile: (file, contents) => {
        if (file.endsWith(".wasm")) wasm = contents as Uint8Array;
      },
      listFiles: () => [],
      stderr: { write: (chunk: string | Uint8Array) => ((diagnostics += String(chunk)), true) },
    },
  );
  if (error || !wasm) throw new Error(`${name} does not compile\n${diagnostics || String(error)}`);
  await mkdir(dirname(outFile), { recursive: true });
  const partial = `${outFile}.${process.pid}`;
  await writeFile(partial, wasm);
  await rename(partial, outFile);
  await inputs.record(outFile, TARGET);
  return wasm as BufferSource;
}

/** `tremula` is this package, as for the build of filters. */
async function readSource(path: string, inputs: Inputs): Promise<string | null> {
  const installed = `${sep}node_modules${sep}tremula${sep}`;
  const at = path.lastIndexOf(installed);
  const source = at < 0 ? path : join(ROOT, path.slice(at + installed.length));
  const text = await readFile(source, "utf8").catch(() => null);
  if (text !== null) inputs.add(source, text);
  return text;
}
