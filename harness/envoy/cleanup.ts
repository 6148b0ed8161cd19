type Cleanup = () => void;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const cleanups = new Set<Cleanup>();

function runAll(): void {
  // The last first: a command that writes into a temporary folder is killed before the folder is removed.
  for (const cleanup of [...cleanups].reverse()) {
    try {
      cleanup();
    } catch {
      // The process is ending: what one of them could not remove must not keep the others from trying.
    }
  }
  cleanups.clear();
}

function onSignal(signal: NodeJS.Signals): void {
  // Someone else who listens decides whether the process ends; if it does, the exit listener cleans up.
  if (process.listenerCount(signal) > 1) return;
  runAll();
  unlisten();
  // Dying of the signal itself tells the parent the truth about how this process ended.
  process.kill(process.pid, signal);
}

function listen(): void {
  process.on("exit", runAll);
  // First in line: a listener that is there for one signal only is gone by the time that a later one is called.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
}

function unlisten(): void {
  process.off("exit", runAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/**
 * Runs `cleanup`, which must be synchronous, if this process ends before the returned function is called: by itself, by
 * an uncaught error or by a signal.
 */
export function onAbruptEnd(cleanup: Cleanup): () => void {
  if (cleanups.size === 0) listen();
  cleanups.add(cleanup);
  return () => {
    if (cleanups.delete(cleanup) && cleanups.size === 0) unlisten();
  };
}
