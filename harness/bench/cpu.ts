import { readdir, readFile } from "node:fs/promises";
import { ExitCode, HarnessError } from "../errors.js";

/** `USER_HZ`, in which /proc counts CPU time, is 100 on every architecture that Envoy runs on. */
const NANOS_PER_TICK = 10_000_000n;

/** CPU time that a process has used, thread by thread and as a whole. */
export interface CpuReading {
  /** Nanoseconds by thread id, of the threads alive at the time; null when the kernel does not count them. */
  readonly threads: ReadonlyMap<string, bigint> | null;
  /** Of all threads there ever were, but in steps of 10 ms. */
  readonly totalNanos: bigint;
}

/** Reads the CPU time of a process from the kernel. */
export async function readCpu(pid: number): Promise<CpuReading> {
  requireLinux();
  return { threads: await readThreads(pid), totalNanos: await readTicks(pid) };
}

/** CPU nanoseconds between two readings. */
export function cpuNanosBetween(before: CpuReading, after: CpuReading): number {
  const started = before.threads;
  const ended = after.threads;
  // Time of a thread that ended in between is in the coarse total alone.
  if (!started || !ended || [...started.keys()].some((id) => !ended.has(id))) {
    return Number(after.totalNanos - before.totalNanos);
  }
  let sum = 0n;
  for (const [id, nanos] of ended) sum += nanos - (started.get(id) ?? 0n);
  return Number(sum);
}

/** Resident memory of a process in KiB. */
export async function readRssKiB(pid: number): Promise<number> {
  requireLinux();
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
}

async function readThreads(pid: number): Promise<Map<string, bigint> | null> {
  const threads = new Map<string, bigint>();
  for (const id of await readdir(`/proc/${pid}/task`)) {
    let text: string;
    try {
      text = await readFile(`/proc/${pid}/task/${id}/schedstat`, "utf8");
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // A thread that ended after it was listed; the file itself is missing in kernels without schedstats.
      if (code === "ENOENT" || code === "ESRCH") continue;
      throw error;
    }
    const nanos = BigInt(text.split(" ", 1)[0] ?? "0");
    if (nanos > 0n) threads.set(id, nanos);
  }
  return threads.size > 0 ? threads : null;
}

async function readTicks(pid: number): Promise<bigint> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The second field is the name in parentheses and may hold spaces: utime and stime are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (BigInt(fields[11] ?? "0") + BigInt(fields[12] ?? "0")) * NANOS_PER_TICK;
}

function requireLinux(): void {
  if (process.platform === "linux") return;
  throw new HarnessError(
    "BENCH_NEEDS_LINUX",
    `CPU time of Envoy comes from /proc, which ${process.platform} lacks`,
    {
      exitCode: ExitCode.environment,
      hint: "Run the benchmark on Linux, for example in a container that has Node and Python.",
    },
  );
}
