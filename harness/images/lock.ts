import { readFile, rm, writeFile } from "node:fs/promises";
import { ExitCode, HarnessError } from "../errors.js";

const PATIENCE_MS = 30_000;
const PAUSE_MS = 20;

/**
 * Does something that only one process may do to a file at a time. The lock is a file beside it with the owner's process id: one whose
 * owner is gone is nobody's.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  await acquire(lock);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function acquire(lock: string): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ;) {
    const code = await writeFile(lock, String(process.pid), { flag: "wx" }).then(
      () => null,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code === null) return;
    if (code !== "EEXIST") {
      throw new HarnessError("NOT_WRITTEN", `${lock} cannot be written: ${code}`, {
        exitCode: ExitCode.environment,
      });
    }
    if (await isAbandoned(lock)) await clear(lock);
    if (Date.now() > until) {
      throw new HarnessError("LOCKED", `${lock} is there: another process has been writing for too long`, {
        exitCode: ExitCode.environment,
        hint: "If there is none, remove it.",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** One at a time, and having looked again: of two that find it abandoned the second would remove the lock that the first has then taken. */
async function clear(lock: string): Promise<void> {
  const mark = `${lock}.clear`;
  const isOurs = await writeFile(mark, "", { flag: "wx" }).then(
    () => true,
    () => false,
  );
  if (!isOurs) return;
  try {
    if (await isAbandoned(lock)) await rm(lock, { force: true });
  } finally {
    await rm(mark, { force: true });
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const owner = await readFile(lock, "utf8").catch(() => "");
  // Empty while its owner is about to write.
  if (!/^\d+$/.test(owner)) return false;
  try {
    process.kill(Number(owner), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
