import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import asc from "assemblyscript/asc";
import { ExitCode, HarnessError } from "../errors.js";
import { PACKAGE_ROOT } from "../package-root.js";

/** A comparison filter: its sources are in the repository, not in the published package. */
interface Fixture {
  /** Of the module below `build/bench/`, without `.wasm`. */
  readonly name: string;
  /** Below `test/fixtures/bench/`; the first one is the entry. */
  readonly sources: readonly string[];
  readonly flags: readonly string[];
}

const BARE = ["--config", "test/fixtures/bench/asconfig.json"];
const WASI_SHIM = ["--config", "node_modules/@assemblyscript/wasi-shim/asconfig.json"];
const MANAGED = ["memory-managed.as.ts", "memory-abi.as.ts"];

const FIXTURES: readonly Fixture[] = [
  // The minimal runtime for its allocator; nothing managed is allocated, so its collector is not linked.
  { name: "floor-add-header", sources: ["floor-add-header.as.ts"], flags: [...BARE, "--runtime", "minimal"] },
  { name: "peer-add-header", sources: ["peer-add-header.as.ts"], flags: [...WASI_SHIM, "-O3", "--noAssert"] },
  { name: "memory-incremental", sources: MANAGED, flags: [...BARE, "--runtime", "incremental"] },
  { name: "memory-minimal", sources: MANAGED, flags: [...BARE, "--runtime", "minimal"] },
  {
    name: "memory-arena",
    sources: ["memory-arena.as.ts", "memory-abi.as.ts"],
    flags: [...BARE, "--runtime", "stub"],
  },
];

/** Compiles a comparison filter unless its module came from the same source, flags and packages; returns its path. */
export async function buildFixture(name: string): Promise<string> {
  const fixture = FIXTURES.find((one) => one.name === name);
  if (!fixture) throw new Error(`no bench fixture is called ${name}`);
  const module = `build/bench/${name}.wasm`;
  const inputs = [...fixture.sources.map(sourcePath), "package-lock.json"];
  const texts = await Promise.all(inputs.map(readIfThere));
  const missing = fixture.sources.find((_, index) => texts[index] === null);
  if (missing !== undefined) throw needsCheckout(sourcePath(missing));
  const key = createHash("sha256")
    .update(JSON.stringify([texts, fixture.flags]))
    .digest("hex");
  if ((await readIfThere(`${module}.key`)) !== key || (await readIfThere(module)) === null) {
    await compile(sourcePath(fixture.sources[0]!), module, fixture.flags);
    await writeFile(path.join(PACKAGE_ROOT, `${module}.key`), key);
  }
  return path.join(PACKAGE_ROOT, module);
}

/** The error for a source that only the repository has. */
export function needsCheckout(source: string): HarnessError {
  return new HarnessError(
    "BENCH_NEEDS_CHECKOUT",
    `${source} is not part of the published package: this suite runs from a checkout of the repository only`,
    {
      exitCode: ExitCode.environment,
      hint: "Clone the repository, run npm install there, and repeat the command.",
    },
  );
}

async function compile(source: string, module: string, flags: readonly string[]): Promise<void> {
  await mkdir(path.join(PACKAGE_ROOT, path.dirname(module)), { recursive: true });
  // Relative: with an absolute base the compiler does not find the `lib` of a configuration that it extends.
  const baseDir = path.relative(process.cwd(), PACKAGE_ROOT) || ".";
  let printed = "";
  const stderr = { write: (chunk: Uint8Array | string) => void (printed += Buffer.from(chunk).toString()) };
  const { error } = await asc.main([source, "--baseDir", baseDir, ...flags, "-o", module], { stderr });
  if (error) {
    throw new HarnessError("BENCH_FIXTURE_BROKEN", `${source} does not compile:\n${printed.trim()}`, {
      cause: error,
    });
  }
}

function sourcePath(file: string): string {
  return `test/fixtures/bench/${file}`;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(path.join(PACKAGE_ROOT, file), "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
