import { open, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** The last lines of a log, indented to stand below a message. */
export function lastLines(log: string, count = 20): string {
  const lines = log.trimEnd().split("\n").slice(-count);
  return lines.map((line) => `    ${line.length > 500 ? `${line.slice(0, 500)}…` : line}`).join("\n");
}

/** Envoy's log as records: a line with a time stamp and the lines that follow it without one. */
export function records(log: string): string[] {
  return log.split(/\n(?=\[\d{4}-\d\d-\d\d )/).filter((record) => record.trim() !== "");
}

/** One parsed log record, or undefined for lines that are not in Envoy's format. */
export function parseRecord(record: string): { level: string; logger: string; message: string } | undefined {
  const match = /^\[[^\]]+\]\[\d+\]\[(\w+)\]\[([^\]]+)\] (?:\[[^\]\s]+:\d+\] )?([\s\S]*)$/.exec(record);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return undefined;
  return { level: match[1], logger: match[2], message: match[3] };
}

/** Reads a log file that may not be there yet. */
export async function readLog(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/**
 * Gives the whole lines that a file grows by, from its beginning, until `ended` settles; the rest is then given too.
 * Looks at the file 20 times a second: file events miss appends on some file systems.
 */
export async function* followLines(path: string, ended: Promise<unknown>): AsyncGenerator<string> {
  let over = false;
  const end = ended.then(
    () => (over = true),
    () => (over = true),
  );
  const file = await open(path, "r");
  const decoder = new TextDecoder();
  const buffer = Buffer.alloc(65_536);
  let rest = "";
  try {
    for (;;) {
      const last = over;
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead > 0) {
        const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      } else if (last) {
        if (rest !== "") yield rest;
        return;
      } else {
        await Promise.race([delay(50), end]);
      }
    }
  } finally {
    await file.close();
  }
}
