import { readFile } from "node:fs/promises";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";

/**
 * Reads the scrape that `--metrics` names.
 *
 * @throws HarnessError when it cannot be read
 */
export async function readMetrics(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new HarnessError("METRICS_UNREADABLE", `--metrics ${file}: ${fileTrouble(cause)}`, {
      exitCode: ExitCode.usage,
      cause,
    });
  });
}
