import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { isScalar, parseDocument, visit } from "yaml";
import { PACKAGE_ROOT } from "../package-root.js";

/** A module of a config for which the package's own stands in. */
export interface Bundled {
  /** As the config has it. */
  readonly asked: string;
  /** The package's, absolute. */
  readonly file: string;
}

/** Folder with the modules of the package's filters; scripts/prepack.mjs builds them, so that a checkout may have none. */
const MODULES = join(PACKAGE_ROOT, "dist", "wasm");

/**
 * The config with the package's own filters in place of modules that are named `build/NAME.wasm` and were not built in the
 * working folder. So the package's configs run as they are installed, and stay such that plain Envoy takes them, too.
 *
 * @param yaml a config without placeholders
 * @param cwd the folder at which its relative paths start
 * @param modules folder with a NAME.wasm for each filter
 */
export function withBundledModules(
  yaml: string,
  cwd = ".",
  modules = MODULES,
): { yaml: string; bundled: readonly Bundled[] } {
  const document = parseDocument(yaml);
  const bundled = new Map<string, string>();
  // In a checkout a module that is not built is to be missed: what was packed last may be of other sources.
  if (document.errors.length > 0 || resolve(cwd) === PACKAGE_ROOT) return { yaml, bundled: [] };
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || key.value !== "filename" || !isScalar(value)) return;
      if (typeof value.value !== "string") return;
      const file = moduleFor(value.value, cwd, modules);
      if (file === null) return;
      bundled.set(value.value, file);
      value.value = file;
    },
  });
  if (bundled.size === 0) return { yaml, bundled: [] };
  return {
    yaml: document.toString({ lineWidth: 0 }),
    bundled: [...bundled].map(([asked, file]) => ({ asked, file })),
  };
}

/** For the user: what stands in for what. */
export function bundledText({ asked, file }: Bundled): string {
  const path = relative(".", file);
  return `${asked} is not there; the package's own is taken: ${path.startsWith("..") ? file : path}`;
}

function moduleFor(asked: string, cwd: string, modules: string): string | null {
  const name = /^(?:\.\/)?build\/([a-z][a-z0-9-]*\.wasm)$/.exec(asked)?.[1];
  if (name === undefined || existsSync(resolve(cwd, asked))) return null;
  const file = join(modules, name);
  return existsSync(file) ? file : null;
}
