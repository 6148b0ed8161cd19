import asc from "assemblyscript/asc";
import { readFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { ROOT } from "../host/support.js";

const ENTRY = "test/fixtures/rbac-collected/index";
const PACKAGE = `${sep}node_modules${sep}tremula${sep}`;

/** The RBAC filter as `asconfig.json` has it built, but for the size of the heap, which the fixture tells. */
export async function collectedModule(): Promise<WebAssembly.Module> {
  let wasm: BufferSource | undefined;
  let diagnostics = "";
  const { error } = await asc.main(
    [
      ...[`${ENTRY}.ts`, "--baseDir", ROOT, "--config", "test/assembly/asconfig.json"],
      ...["--outFile", "collected.wasm", "--runtime", "minimal", "--exportStart", "_initialize", "-O1"],
      ...["--use", `abort=~lib/tremula/assembly/abi/abort/abort,HEAP_BYTES=${ENTRY}/always`],
    ],
    {
      readFile: (name, base) => readSource(resolve(base, name)),
      writeFile: (name, contents) => {
        if (name.endsWith(".wasm")) wasm = contents as BufferSource;
      },
      listFiles: () => [],
      stderr: { write: (chunk: string | Uint8Array) => ((diagnostics += String(chunk)), true) },
    },
  );
  if (error || !wasm) throw new Error(`${ENTRY} does not compile\n${diagnostics || String(error)}`);
  return WebAssembly.compile(wasm);
}

/** `tremula` is this package, as for the build of filters. */
function readSource(path: string): Promise<string | null> {
  const at = path.lastIndexOf(PACKAGE);
  const source = at < 0 ? path : join(ROOT, path.slice(at + PACKAGE.length));
  return readFile(source, "utf8").catch(() => null);
}
