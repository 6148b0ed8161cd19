import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

/** What a build was made of, kept beside its output as `<output>.inputs.json`. */
interface Record {
  readonly target: string;
  readonly output: string;
  readonly inputs: { readonly [path: string]: string };
}

function recordPath(outFile: string): string {
  return `${outFile}.inputs.json`;
}

/** Whether an output exists and was made, for this target, from the very contents that its inputs have now. */
export async function isFresh(outFile: string, target: string): Promise<boolean> {
  try {
    const record = JSON.parse(await readFile(recordPath(outFile), "utf8")) as Record;
    if (record.target !== target || record.output !== (await digest(outFile))) return false;
    for (const [path, hash] of Object.entries(record.inputs)) {
      if ((await digest(path)) !== hash) return false;
    }
    return true;
  } catch {
    // No record, no output, or an input that is gone: build again.
    return false;
  }
}

/** The inputs of a build, as they were when it read them: a file that is edited meanwhile must not seem to be in its output. */
export class Inputs {
  readonly #hashes = new Map<string, string>();

  /** Notes what has been read. */
  add(path: string, contents: string | Uint8Array): void {
    this.#hashes.set(path, hash(contents));
  }

  /** Notes a file that is read by somebody else. */
  async addFile(path: string): Promise<void> {
    this.#hashes.set(path, await digest(path));
  }

  /** Notes that `outFile` was made of these. */
  async record(outFile: string, target: string): Promise<void> {
    const inputs = Object.fromEntries(this.#hashes);
    const record: Record = { target, output: await digest(outFile), inputs };
    await writeFile(recordPath(outFile), JSON.stringify(record, undefined, 1));
  }
}

async function digest(path: string): Promise<string> {
  return hash(await readFile(path));
}

function hash(contents: string | Uint8Array): string {
  return createHash("sha256").update(contents).digest("hex");
}
