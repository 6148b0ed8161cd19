import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * The pool has a native add-on that measures coverage, and warns about it on every run where it is missing. Nothing here
 * uses it and nothing here builds it; this is the note by which the pool knows that.
 */
export default function setup(): void {
  const config = createRequire(import.meta.url).resolve("vitest-pool-assemblyscript/config");
  const note = join(config, "../../../.native-build-error");
  try {
    writeFileSync(note, "{}");
  } catch {
    // Packages that cannot be written to: the warning stays.
  }
}
