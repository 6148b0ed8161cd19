import { randomUUID } from "node:crypto";
import { realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { ExitCode, HarnessError } from "./errors.js";
import { fileTrouble } from "./file-error.js";

/**
 * Writes a file so that it is the old one or the new one, and never half of either, whatever happens meanwhile. What is no
 * file, such as a pipe or a terminal, is written to as it is, and a link stays one.
 *
 * @throws HarnessError when it cannot be written
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const part = partOf(target);
  try {
    const there = await stat(file).catch(() => null);
    if (there !== null && !there.isFile()) {
      await writeFile(file, content);
      return;
    }
    await writeFile(part, content, { flag: "wx", ...(there && { mode: there.mode }) });
    await rename(part, target);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    throw notWritten(file, cause);
  }
}

/**
 * Sees whether a file can be written, and leaves it as it is.
 *
 * @throws HarnessError when it cannot
 */
export async function tryFile(file: string): Promise<void> {
  const there = await stat(file).catch(() => null);
  if (there?.isDirectory()) throw notWritten(file, new Error("it is a folder"));
  if (there !== null && !there.isFile()) return;
  const part = partOf(await realpath(file).catch(() => file));
  try {
    await writeFile(part, "", { flag: "wx" });
    await rm(part);
  } catch (cause) {
    throw notWritten(file, cause);
  }
}

/** The error of a file that cannot be written. */
export function notWritten(file: string, cause: unknown): HarnessError {
  return new HarnessError("NOT_WRITTEN", `${file} cannot be written: ${fileTrouble(cause)}`, {
    exitCode: ExitCode.environment,
    cause,
  });
}

function partOf(target: string): string {
  return `${target}.${randomUUID()}.part`;
}
