import { readFile } from "node:fs/promises";
import { ExitCode, HarnessError } from "../errors.js";

/**
 * Reads the scrape that `--metrics` names.
 *
 * @throws HarnessError when it cannot be read
 */
export async function readMetrics(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new HarnessError("METRICS_UNREADABLE", `--metrics ${file}: ${(cause as Error).message}`, {
      exitCode: ExitCode.usage,
      cause,
    });
  });
}
