import { execFileSync } from "node:child_process";
import os from "node:os";
import { z } from "zod";

/** Where a run took place; a figure means little without it. */
export const Machine = z.object({
  processor: z.string(),
  cores: z.int(),
  memoryMiB: z.int(),
  system: z.string(),
  node: z.string(),
  /** Of the working folder, with `+` when it has changes; empty outside a checkout. */
  commit: z.string(),
});

export type Machine = z.infer<typeof Machine>;

/** This machine. */
export function thisMachine(): Machine {
  const [first] = os.cpus();
  return {
    processor: first?.model.trim() || `unnamed ${os.arch()} processor`,
    cores: os.availableParallelism(),
    memoryMiB: Math.round(os.totalmem() / 1024 / 1024),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    commit: commit(),
  };
}

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const changes = git("status", "--porcelain", "--untracked-files=no");
    return git("rev-parse", "--short", "HEAD") + (changes === "" ? "" : "+");
  } catch {
    return "";
  }
}
