import { execFile, spawn } from "node:child_process";
import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { waitFor } from "../../../harness/envoy/index.js";

/** How long a server may take to listen, and a client to be done, on a machine that does other things too. */
const LIMIT_MS = 30_000;

/** A server that runs. */
export interface Running {
  /** On 127.0.0.1. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Who a server runs as: some refuse to be root's. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The path of a program, or null; servers are often where only root's PATH leads, or nobody's. */
export function findProgram(name: string): string | null {
  const folders = [
    ...(process.env["PATH"] ?? "").split(path.delimiter),
    "/usr/sbin",
    "/sbin",
    ...postgresFolders(),
  ];
  for (const folder of folders) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this one.
    }
  }
  return null;
}

/** Debian has one for each version. */
function postgresFolders(): string[] {
  try {
    const root = "/usr/lib/postgresql";
    return readdirSync(root).map((version) => path.join(root, version, "bin"));
  } catch {
    return [];
  }
}

function program(name: string): string {
  const found = findProgram(name);
  if (found === null) throw new Error(`${name} is not installed`);
  return found;
}

/** The user of a name when this process may become it, else undefined: the one that runs. */
export function userNamed(name: string): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${name}`);
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Starts a server that stays in the foreground, and waits until it takes connections.
 *
 * @param port where it listens on 127.0.0.1
 */
export async function serve(
  name: string,
  args: readonly string[],
  port: number,
  user?: User,
): Promise<Running> {
  const child = spawn(program(name), args, { stdio: ["ignore", "pipe", "pipe"], ...user });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      output += error.message;
      resolve();
    });
    child.once("exit", () => resolve());
  });
  let isOver = false;
  void ended.then(() => (isOver = true));
  const stop = async (): Promise<void> => {
    child.kill();
    const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(hard);
  };
  try {
    await waitFor({
      what: `${name} to listen`,
      timeoutMs: LIMIT_MS,
      check: async () => {
        if (isOver) throw new Error(`${name} ended: ${output.slice(-2000)}`);
        return (await isListening(port)) || undefined;
      },
      detail: () => output.slice(-2000),
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const settle = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

/** Runs a program to its end; what it wrote. An exit code that is not 0 is an error with all that it said. */
export async function run(name: string, args: readonly string[], user?: User): Promise<string> {
  const { stdout } = await promisify(execFile)(program(name), args, { timeout: LIMIT_MS, ...user });
  return stdout;
}
