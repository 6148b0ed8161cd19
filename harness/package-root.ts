import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of this package, whether the harness runs from its sources or from `dist`. */
export const PACKAGE_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, "asconfig.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("Tremula's package is incomplete: asconfig.json is missing");
  return findRoot(parent);
}
