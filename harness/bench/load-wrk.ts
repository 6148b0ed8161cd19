import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { LoadResult, LoadSpec } from "./load.js";
import type { Request } from "./types.js";

// wrk's text output rounds; its script hook has the numbers. Latencies are in microseconds there.
const REPORT = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nRESULT {"requests":%d,"micros":%d,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,' ..
    '"p50":%d,"p99":%d,"p999":%d,"max":%d}\\n', summary.requests, summary.duration, e.status, e.connect, e.read, e.write,
    e.timeout, latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
`;

const Output = z.object({
  requests: z.number(),
  micros: z.number(),
  status: z.number(),
  connect: z.number(),
  read: z.number(),
  write: z.number(),
  timeout: z.number(),
  p50: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
});

/** Sends load with `wrk`, on one thread: the machine has to be Envoy's. */
export async function runWrk(spec: LoadSpec): Promise<LoadResult> {
  const { request } = spec;
  const folder = await mkdtemp(path.join(tmpdir(), "tremula-wrk-"));
  try {
    const script = path.join(folder, "request.lua");
    const headers = Object.entries(request.headers ?? {});
    await writeFile(
      script,
      [
        `wrk.method = ${lua(request.method ?? "GET")}`,
        ...(request.body === undefined ? [] : [`wrk.body = ${lua(request.body)}`]),
        ...headers.map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`),
        ...(request.rotate ? [await rotation(folder, request.rotate)] : []),
        REPORT,
      ].join("\n"),
      "latin1",
    );
    const url = `http://${spec.host}:${spec.port}${request.path}`;
    const args = ["-t1", `-c${spec.connections}`, `-d${spec.seconds}s`, "-s", script, url];
    const { stdout } = await promisify(execFile)("wrk", args, { maxBuffer: 1 << 24 });
    return toResult(
      Output.parse(JSON.parse(/^RESULT (.*)$/m.exec(stdout)?.[1] ?? "{}")),
      request.status ?? 200,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A script that sends the values in turn, over all connections. They are in a file: Lua limits constants. */
async function rotation(folder: string, { header, values }: NonNullable<Request["rotate"]>): Promise<string> {
  const file = path.join(folder, "values");
  await writeFile(file, values.join("\n"), "latin1");
  return `
local requests, last = {}, 0
function init()
  for value in io.lines(${lua(file)}) do
    wrk.headers[${lua(header)}] = value
    requests[#requests + 1] = wrk.format()
  end
end
function request()
  last = last % #requests + 1
  return requests[last]
end`;
}

function toResult(output: z.infer<typeof Output>, wanted: number): LoadResult {
  // wrk counts statuses of 400 and more, which are what some scenarios are about.
  const wrongStatus = wanted >= 400 ? output.requests - output.status : output.status;
  const counts = { ...output, "wrong status": wrongStatus };
  const kinds = (["connect", "read", "write", "timeout", "wrong status"] as const).filter(
    (kind) => counts[kind] > 0,
  );
  return {
    requests: output.requests,
    errors: kinds.reduce((sum, kind) => sum + counts[kind], 0),
    errorText: kinds.map((kind) => `${counts[kind]} x ${kind}`).join(", "),
    seconds: output.micros / 1e6,
    latency: {
      p50Micros: output.p50,
      p99Micros: output.p99,
      p999Micros: output.p999,
      maxMicros: output.max,
    },
  };
}

/** A Lua string literal: decimal escapes for all that is not plain, which neither quotes nor newlines can leave. */
function lua(text: string): string {
  const escaped = text.replace(
    /[^A-Za-z0-9 _.:/=-]/g,
    (char) => `\\${String(char.charCodeAt(0)).padStart(3, "0")}`,
  );
  return `"${escaped}"`;
}
