import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { ExitCode, HarnessError } from "../errors.js";
import { onAbruptEnd } from "./cleanup.js";

/** What to run under supervision. */
export interface Supervised {
  readonly command: string;
  readonly args: readonly string[];
  /** Takes stdout and stderr. */
  readonly logFd: number;
  readonly cwd?: string | undefined;
  /** Name of the container that the command runs, when it is the Docker CLI: ending the CLI would not end that. */
  readonly container?: string;
}

/** How a process ended. */
interface RawExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running process that cannot outlive this one. */
export interface SupervisedProcess {
  /** Of the command itself, not of the shell that watches it. */
  readonly pid: number;
  readonly exited: Promise<RawExit>;
  /** Set once it has ended. */
  exit(): RawExit | undefined;
  /** Ends the process and its watcher at once. */
  kill(): void;
}

/*
 * The command's parent is a shell that also watches a pipe from this process (file descriptor 4, once stdin). The pipe
 * closes when this process ends, even by SIGKILL, which no handler in Node sees; the watcher then ends the command.
 * The command's own pid comes back through file descriptor 3.
 */
const endProcess = "kill -KILL $pid";

/* The CLI is left alone: it may be about to create the container, and ends by itself when that is removed. */
const endContainer = (name: string): string =>
  `while kill -0 $pid; do docker rm -f ${name} >/dev/null; sleep 0.1; done`;

const script = (atEof: string): string => `
exec 4<&0 </dev/null
"$@" 3>&- 4<&- &
pid=$!
exec 2>/dev/null
( exec 3>&-; read -r _ <&4; ${atEof} ) &
watcher=$!
exec 4<&-
echo $pid >&3
exec 3>&-
wait $pid
code=$?
kill $watcher
exit $code
`;

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}

/** A shell reports the death of its child by signal n as exit code 128 + n. */
function decode(code: number | null, signal: NodeJS.Signals | null): RawExit {
  if (code !== null && code > 128 && code <= 128 + 64) return { code: null, signal: signalName(code - 128) };
  return { code, signal };
}

function readPid(pipe: Readable, child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve) => {
    let text = "";
    pipe.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    pipe.on("close", () => resolve(text === "" ? undefined : Number(text)));
    child.on("error", () => resolve(undefined));
  });
}

/** Starts a command in its own process group, so that a terminal's Ctrl-C reaches this process alone. */
export async function supervise(what: Supervised): Promise<SupervisedProcess> {
  const { container } = what;
  if (container !== undefined && !/^[\w-]+$/.test(container)) throw new TypeError(`container ${container}`);
  const atEof = container === undefined ? endProcess : endContainer(container);
  const child = spawn("/bin/sh", ["-c", script(atEof), "tremula", what.command, ...what.args], {
    cwd: what.cwd,
    stdio: ["pipe", what.logFd, what.logFd, "pipe"],
    detached: true,
  });
  const lifeline = child.stdin as Writable;
  // The shell's death closes the pipe under us; `exited` tells that story.
  lifeline.on("error", () => undefined);

  const state: { pid?: number | undefined; exit?: RawExit } = {};
  const signal = (target: number | undefined): void => {
    try {
      if (target !== undefined) process.kill(target, "SIGKILL");
    } catch {
      // It is gone.
    }
  };
  const killGroup = (): void => signal(child.pid && -child.pid);
  // The command alone: its shell lives on to reap it, and then ends too. Where nobody reaps orphans, zombies would stay.
  const kill = (): void => {
    if (state.pid === undefined) killGroup();
    else if (state.exit === undefined) signal(state.pid);
  };
  const forget = onAbruptEnd(container === undefined ? kill : () => removeContainerNow(container));
  const exited = new Promise<RawExit>((resolve) => {
    const settle = (ended: RawExit): void => {
      forget();
      lifeline.destroy();
      state.exit ??= ended;
      resolve(state.exit);
    };
    child.on("exit", (code, signal) => {
      // A shell that did not end by itself left the command and the watcher behind.
      if (code === null) killGroup();
      settle(decode(code, signal));
    });
    child.on("error", () => settle({ code: null, signal: null }));
  });

  const pid = await readPid(child.stdio[3] as Readable, child);
  if (pid === undefined) {
    killGroup();
    throw new HarnessError("SPAWN_FAILED", `cannot start ${what.command} through /bin/sh`, {
      exitCode: ExitCode.environment,
    });
  }
  state.pid = pid;
  return { pid, exited, exit: () => state.exit, kill };
}

/** Ends a container while this process is ending, when nothing asynchronous runs any more. */
function removeContainerNow(name: string): void {
  spawnSync("docker", ["rm", "--force", name], { stdio: "ignore", timeout: 10_000 });
}
