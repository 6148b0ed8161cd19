import { execFile } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { PACKAGE_ROOT } from "../package-root.js";
import type { LoadResult, LoadSpec } from "./load.js";

/** Compiled, so that it also runs where these sources are run as they are. */
const CHILD = path.join(PACKAGE_ROOT, "dist/harness/bench/autocannon-child.js");

const Output = z.object({
  duration: z.number(),
  errors: z.number(),
  timeouts: z.number(),
  "1xx": z.number(),
  "2xx": z.number(),
  "3xx": z.number(),
  "4xx": z.number(),
  "5xx": z.number(),
  requests: z.object({ total: z.number(), sent: z.number() }),
  latency: z.object({ p50: z.number(), p99: z.number(), p99_9: z.number(), max: z.number() }),
});

/** Sends load with autocannon, in a process of its own so that its CPU and its timers are not ours. */
export async function runAutocannon(spec: LoadSpec): Promise<LoadResult> {
  const { request } = spec;
  const child = execFile(process.execPath, [CHILD], { maxBuffer: 1 << 24 });
  const output = text(child.stdout!);
  const errors = text(child.stderr!);
  child.stdin!.end(JSON.stringify(spec));
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`autocannon failed (exit code ${code}):\n${await errors}`);
  return toResult(Output.parse(JSON.parse(await output)), request.status ?? 200, spec.connections);
}

function toResult(output: z.infer<typeof Output>, wanted: number, connections: number): LoadResult {
  const { requests, latency } = output;
  const wantedClass = `${Math.floor(wanted / 100)}xx` as "2xx";
  const counts = {
    "wrong status": requests.total - output[wantedClass],
    // Timeouts are among them.
    "connection error": output.errors,
    // It takes up a closed connection again without a word; at the end each connection may wait for one answer.
    "never answered": Math.max(0, requests.sent - requests.total - output.errors - connections),
  };
  const kinds = Object.entries(counts).filter(([, count]) => count > 0);
  return {
    requests: requests.total,
    errors: kinds.reduce((sum, [, count]) => sum + count, 0),
    errorText: kinds.map(([kind, count]) => `${count} x ${kind}`).join(", "),
    seconds: output.duration,
    latency: {
      p50Micros: latency.p50 * 1000,
      p99Micros: latency.p99 * 1000,
      p999Micros: latency.p99_9 * 1000,
      maxMicros: latency.max * 1000,
    },
  };
}
