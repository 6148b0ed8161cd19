import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/**
 * Ends a child process and waits until it is gone.
 *
 * @param ask what makes it end by itself
 * @param patienceMs how long it may take to; then it is killed
 */
export async function stopChild(child: ChildProcess, ask: () => void, patienceMs = 10_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  ask();
  const impatience = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  await gone;
  clearTimeout(impatience);
}
