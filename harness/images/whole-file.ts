import { randomUUID } from "node:crypto";
import { realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { ExitCode, HarnessError } from "../errors.js";

/**
 * Writes a file so that it is the old one or the new one, and never half of either, whatever happens meanwhile. What is no
 * file, such as a pipe or a terminal, is written to as it is, and a link stays one.
 *
 * @throws HarnessError when it cannot be written
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const part = `${target}.${randomUUID()}.part`;
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
    throw new HarnessError("NOT_WRITTEN", `${file} cannot be written: ${(cause as Error).message}`, {
      exitCode: ExitCode.environment,
      cause,
    });
  }
}
