import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { z } from "zod";
import type { LoadResult, LoadSpec } from "./load.js";

const Output = z.object({
  duration: z.number(),
  errors: z.number(),
  timeouts: z.number(),
  "1xx": z.number(),
  "2xx": z.number(),
  "3xx": z.number(),
  "4xx": z.number(),
  "5xx": z.number(),
  requests: z.object({ total: z.number() }),
  latency: z.object({ p50: z.number(), p99: z.number(), p99_9: z.number(), max: z.number() }),
});

/** Sends load with autocannon, in a process of its own so that its CPU and its timers are not ours. */
export async function runAutocannon(spec: LoadSpec): Promise<LoadResult> {
  const { request } = spec;
  const program = createRequire(import.meta.url).resolve("autocannon");
  const headers = Object.entries(request.headers ?? {}).flatMap(([name, value]) => [
    "-H",
    `${name}=${value}`,
  ]);
  const args = [
    ...[
      "-j",
      "-n",
      "-c",
      String(spec.connections),
      "-d",
      String(spec.seconds),
      "-m",
      request.method ?? "GET",
    ],
    ...headers,
    ...(request.body === undefined ? [] : ["-b", request.body]),
    `http://${spec.host}:${spec.port}${request.path}`,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { maxBuffer: 1 << 24 });
  return toResult(Output.parse(JSON.parse(stdout)), request.status ?? 200);
}

function toResult(output: z.infer<typeof Output>, wanted: number): LoadResult {
  const wantedClass = `${Math.floor(wanted / 100)}xx` as "2xx";
  const wrongStatus = output.requests.total - output[wantedClass];
  // Timeouts are counted among the errors.
  const counts = { "wrong status": wrongStatus, "broken connection or timeout": output.errors };
  const kinds = Object.entries(counts).filter(([, count]) => count > 0);
  return {
    requests: output.requests.total,
    errors: wrongStatus + output.errors,
    errorText: kinds.map(([kind, count]) => `${count} x ${kind}`).join(", "),
    seconds: output.duration,
    latency: {
      p50Micros: output.latency.p50 * 1000,
      p99Micros: output.latency.p99 * 1000,
      p999Micros: output.latency.p99_9 * 1000,
      maxMicros: output.latency.max * 1000,
    },
  };
}
