import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { readFile } from "node:fs/promises";

// Below the line that says why a module trapped, Envoy lists the functions that were on the stack, with their offsets in
// the module, if it has names: `  0:  0x35f6 - index/divide`. The source map of a debug build knows the offsets as columns
// of its only line.
const FRAME = /^(\s*\d+:\s+0x([0-9a-f]+) - (\S+))\s*$/;

/** The source maps of modules, to tell where in their sources an offset is. */
export class Backtraces {
  readonly #maps: readonly TraceMap[];

  private constructor(maps: readonly TraceMap[]) {
    this.#maps = maps;
  }

  /** Loads the maps that lie beside modules (`x.wasm.map`); a module without one is none of a debug build. */
  static async load(modules: readonly string[]): Promise<Backtraces> {
    const maps: TraceMap[] = [];
    for (const module of modules) {
      const text = await readFile(`${module}.map`, "utf8").catch(() => undefined);
      if (text !== undefined) maps.push(new TraceMap(text));
    }
    return new Backtraces(maps);
  }

  /** A line of Envoy's log, with file, line and column where it is a frame of a module that has a map. */
  locate(line: string): string {
    const [, frame, offset, name] = FRAME.exec(line) ?? [];
    if (frame === undefined || offset === undefined || name === undefined) return line;
    for (const map of this.#maps) {
      const found = originalPositionFor(map, { line: 1, column: parseInt(offset, 16) });
      if (found.source === null) continue;
      const source = found.source.slice(map.sourceRoot === undefined ? 0 : `${map.sourceRoot}/`.length);
      // Of several modules, the frame's is the one that has the function's file.
      if (isIn(name, source)) return `${frame} (${source}:${found.line}:${found.column + 1})`;
    }
    return line;
  }
}

/** `index/Stream#onRequestHeaders` is in `index.ts`, and so are its instances and overrides. */
function isIn(name: string, source: string): boolean {
  return name.startsWith(`${source.replace(/\.ts$/, "")}/`);
}
