import { stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

const INTERVAL_MS = 150;

/** What tells one state of a file from another; undefined while there is no file. */
async function signature(path: string): Promise<string | undefined> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  return info && `${info.ino} ${info.size} ${info.mtimeNs}`;
}

/**
 * Notices that files were written. It looks at them instead of listening to file events, which get lost when a folder is
 * replaced and never come on some mounted file systems; a build does both.
 */
export class FileWatch {
  #seen = new Map<string, string | undefined>();

  /** Watches these files and no others, from their present state on. */
  async watch(files: readonly string[]): Promise<void> {
    this.#seen.clear();
    await this.add(files);
  }

  /** Watches more files, from their present state on. */
  async add(files: readonly string[]): Promise<void> {
    for (const file of files) this.#seen.set(file, await signature(file));
  }

  /** The files that were written since, once they are no longer being written; one that is missing is on its way. */
  async next(signal: AbortSignal): Promise<string[]> {
    let before = new Map<string, string | undefined>();
    for (;;) {
      const now = new Map<string, string | undefined>();
      for (const file of this.#seen.keys()) now.set(file, await signature(file));
      const changed = [...now.keys()].filter((file) => now.get(file) !== this.#seen.get(file));
      const settled = changed.every(
        (file) => now.get(file) !== undefined && now.get(file) === before.get(file),
      );
      if (changed.length > 0 && settled) {
        this.#seen = now;
        return changed;
      }
      before = now;
      await delay(INTERVAL_MS, undefined, { signal });
    }
  }
}
