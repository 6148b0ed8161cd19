import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HarnessError } from "../errors.js";
import { runAutocannon } from "./load-autocannon.js";
import { runWrk } from "./load-wrk.js";
import type { Latency, Message, Request } from "./types.js";

/** What to send, from how many connections, for how long. */
export interface LoadSpec<R extends Request | Message = Request> {
  readonly host: string;
  readonly port: number;
  readonly request: R;
  readonly connections: number;
  readonly seconds: number;
}

/** What came of it. */
export interface LoadResult {
  readonly requests: number;
  /** Answers of another class than the request's `status`, and connections that broke. */
  readonly errors: number;
  /** Names the errors; empty without any. */
  readonly errorText: string;
  readonly seconds: number;
  readonly latency: Latency;
}

/** Sends load, over HTTP/1.1 unless said, in a closed loop: each connection sends its next request when the answer is in. */
export interface LoadGenerator<R extends Request | Message = Request> {
  readonly name: string;
  run(spec: LoadSpec<R>): Promise<LoadResult>;
}

/** Whether it goes over TCP. */
export function isMessage(request: Request | Message): request is Message {
  return "send" in request;
}

/** `wrk` when it is on PATH, since it leaves most of the machine to Envoy; autocannon otherwise. */
export async function findLoadGenerator(): Promise<LoadGenerator> {
  const version = await wrkVersion();
  if (version) return { name: `wrk ${version}`, run: runWrk };
  return { name: "autocannon", run: runAutocannon };
}

/** Runs the load and fails when a single request failed: a figure with errors in it says nothing. */
export async function runLoad<R extends Request | Message>(
  generator: LoadGenerator<R>,
  spec: LoadSpec<R>,
  what: string,
): Promise<LoadResult> {
  const result = await generator.run(spec);
  if (result.errors > 0 || result.requests === 0) {
    const detail = result.errorText || "no request was answered";
    throw new HarnessError(
      "BENCH_LOAD_ERRORS",
      `${what}: ${result.errors} of ${result.requests} requests failed: ${detail}`,
    );
  }
  return result;
}

async function wrkVersion(): Promise<string | null> {
  try {
    await promisify(execFile)("wrk", ["--version"]);
  } catch (error) {
    // wrk prints its version and exits with 1.
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (code === "ENOENT") return null;
    return /wrk\s+(?:debian\/)?([\w.]+)/.exec(stdout ?? "")?.[1] ?? "of an unknown version";
  }
  return "of an unknown version";
}
