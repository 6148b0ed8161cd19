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

/** Notes what `outFile` was made of. */
export async function recordInputs(outFile: string, target: string, inputs: Iterable<string>): Promise<void> {
  const hashes: { [path: string]: string } = {};
  for (const path of inputs) hashes[path] = await digest(path);
  const record: Record = { target, output: await digest(outFile), inputs: hashes };
  await writeFile(recordPath(outFile), JSON.stringify(record, undefined, 1));
}

async function digest(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
