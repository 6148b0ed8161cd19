import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { notWritten, tryFile, writeWhole } from "../whole-file.js";

/** Writes what `--json FILE` asks for. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeWhole(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Makes the file's folder, and sees whether the file can be written: before a long run, which would be lost otherwise.
 *
 * @throws HarnessError when it cannot
 */
export async function tryJson(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true }).catch((cause: unknown) => {
    throw notWritten(file, cause);
  });
  await tryFile(file);
}
