import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
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

/** What the suite `sdk` does without an SDK, and on another one. */
const SDK_NAMES = [
  "add-header",
  "read-three-headers",
  "all-headers",
  "body-64k-rewrite",
  "http-callout",
  "shared-counter",
  "metric-with-tags",
  "ten-properties",
  "tcp-echo",
] as const;

const FIXTURES: readonly Fixture[] = [
  ...SDK_NAMES.flatMap((scenario) => [floor(scenario), peer(scenario)]),
  floor("telemetry"),
  floor("telemetry-tcp"),
  floor("protocol-passing"),
  { name: "memory-incremental", sources: MANAGED, flags: [...BARE, "--runtime", "incremental"] },
  {
    name: "memory-minimal",
    sources: MANAGED,
    flags: [...BARE, "--runtime", "minimal", "--use", "HEAP_BYTES=~lib/rt/tcms/total"],
  },
  {
    name: "memory-arena",
    sources: ["memory-arena.as.ts", "memory-abi.as.ts"],
    flags: [...BARE, "--runtime", "stub"],
  },
];

/** The minimal runtime for its allocator; nothing managed is allocated, so its collector is not linked. */
function floor(scenario: string): Fixture {
  const name = `floor-${scenario}`;
  const sources = [`${name}.as.ts`, "floor-abi.as.ts", "floor-streams.as.ts"];
  return { name, sources, flags: [...BARE, "--runtime", "minimal"] };
}

function peer(scenario: string): Fixture {
  const name = `peer-${scenario}`;
  return { name, sources: [`${name}.as.ts`], flags: [...WASI_SHIM, "-O3", "--noAssert"] };
}

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

/** In a process of its own: the compiler keeps the `lib` of one program for the next one in the same process. */
async function compile(source: string, module: string, flags: readonly string[]): Promise<void> {
  const compiler = createRequire(import.meta.url).resolve("assemblyscript/bin/asc.js");
  try {
    await promisify(execFile)(process.execPath, [compiler, source, ...flags, "-o", module], {
      cwd: PACKAGE_ROOT,
    });
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new HarnessError("BENCH_FIXTURE_BROKEN", `${source} does not compile:\n${stderr?.trim()}`, {
      cause,
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
