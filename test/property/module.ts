import asc from "assemblyscript/asc";
import fc from "fast-check";
import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// The same cases on every run; TREMULA_SEED asks for others.
fc.configureGlobal({ seed: Number(process.env.TREMULA_SEED ?? 1) });

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIXTURES = resolve(ROOT, "test/fixtures/units");

const STATUS_UNIMPLEMENTED = 12;
const CALLS_PER_COLLECTION = 100;

/** Addresses and numbers; functions on 64-bit integers have types of their own. */
type Export = (...args: number[]) => number;

/** A fixture, compiled as filters are, with its exports and what it takes to give it octets and read its text. */
export interface Unit {
  readonly call: Readonly<Record<string, Export>>;
  /** Makes these octets the input of the next calls. */
  give(octets: Uint8Array): void;
  /** The string at an address. */
  text(address: number): string;
  octets(address: number, size: number): Uint8Array;
  /** Bytes of memory that the module has. */
  memorySize(): number;
}

/**
 * Compiles `test/fixtures/units/<name>.as.ts` and starts it. An abort in it is an exception here.
 *
 * @param status what all functions of the host return; none does anything
 */
export async function loadUnit(name: string, status = STATUS_UNIMPLEMENTED): Promise<Unit> {
  const instance = await WebAssembly.instantiate(await WebAssembly.compile(await compileUnit(name)), {
    env: new Proxy({}, { get: (_, name) => (name === "abort" ? abort : () => status) }),
  });
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
    give(octets) {
      const address = exports.allocate!(octets.length);
      new Uint8Array(exports.memory.buffer).set(octets, address);
    },
    text,
    octets: (address, size) => new Uint8Array(exports.memory.buffer.slice(address, address + size)),
    memorySize: () => exports.memory.buffer.byteLength,
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

async function compileUnit(name: string): Promise<BufferSource> {
  let wasm: BufferSource | undefined;
  let diagnostics = "";
  const { error } = await asc.main(
    [
      relative(ROOT, resolve(FIXTURES, `${name}.as.ts`)),
      ...["--baseDir", ROOT, "--config", "test/assembly/asconfig.json", "--outFile", "unit.wasm"],
      ...[
        "--runtime",
        "minimal",
        "-O3",
        "--shrinkLevel",
        "1",
        "--exportStart",
        "_initialize",
        "--exportRuntime",
      ],
    ],
    {
      readFile: (file, base) => readFile(resolve(base, file), "utf8").catch(() => null),
      writeFile: (file, contents) => {
        if (file.endsWith(".wasm")) wasm = contents as BufferSource;
      },
      listFiles: () => [],
      stderr: { write: (chunk: string | Uint8Array) => ((diagnostics += String(chunk)), true) },
    },
  );
  if (error || !wasm) throw new Error(`${name} does not compile\n${diagnostics || String(error)}`);
  return wasm;
}
