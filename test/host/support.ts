import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";
import { mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "../../harness/build/compile.js";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Compiles `test/fixtures/host/probe.as.ts`, which is on the raw ABI: it can do what the SDK refuses. */
export async function compileProbe(): Promise<string> {
  const source = "test/fixtures/host/probe.as.ts";
  const outFile = join("build", `host-probe-${process.pid}.wasm`);
  await mkdir(join(ROOT, "build"), { recursive: true });
  let diagnostics = "";
  const { error } = await asc.main(
    [
      ...[source, "--baseDir", ROOT, "--config", "test/assembly/asconfig.json", "--outFile", outFile],
      ...["--runtime", "stub", "-O2", "--exportStart", "_initialize"],
      ...["--use", `abort=${source.replace(/\.ts$/, "")}/probeAbort`],
    ],
    { stderr: { write: (chunk: string | Uint8Array) => ((diagnostics += String(chunk)), true) } },
  );
  if (error) throw new Error(`${source} does not compile\n${diagnostics}`);
  const whole = join(ROOT, "build", "host-probe.wasm");
  await rename(join(ROOT, outFile), whole);
  return whole;
}

/** The module of an example or a fixture, built if it is stale. */
export async function moduleOf(entry: string): Promise<WebAssembly.Module> {
  const { outFile } = await compile({ entry: join(ROOT, entry) });
  return WebAssembly.compile(await readFile(outFile));
}

/** A module from WebAssembly text: for what no compiler would make. Memory, the ABI marker and a malloc are added. */
export function fromText(
  functions: string,
  { malloc = "(i32.const 1024)", imports = "" } = {},
): WebAssembly.Module {
  const text = `(module ${imports}
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param $size i32) (result i32) ${malloc})
    ${functions})`;
  const module = binaryen.parseText(text);
  try {
    return new WebAssembly.Module(new Uint8Array(module.emitBinary()));
  } finally {
    module.dispose();
  }
}
