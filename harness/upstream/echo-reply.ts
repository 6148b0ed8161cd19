import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { AbortPlan, EchoPlan, HeaderPair } from "./echo-plan.js";

/** The part of a response that differs between HTTP/1 and HTTP/2. */
export interface ReplySink {
  readonly body: Writable;
  head(status: number, headers: readonly HeaderPair[], trailers: readonly HeaderPair[]): void;
  abort(how: AbortPlan["how"]): void;
}

/**
 * Sends what the plan says. Ends in silence when `gone` fires: a client that left wants no answer.
 * @param report makes the JSON report; called when it is sent, so that it covers the whole request
 */
export async function reply(
  plan: EchoPlan,
  method: string,
  report: () => Buffer,
  sink: ReplySink,
  gone: AbortSignal,
): Promise<void> {
  try {
    if (plan.delayMs > 0) await delay(plan.delayMs, undefined, { signal: gone });
    if (plan.abort?.afterChunks === -1) return sink.abort(plan.abort.how);
    const { chunks, headers } = bodyOf(plan, report);
    const bodiless = plan.status === 204 || plan.status === 304;
    const given = new Set(plan.headers.map(([name]) => name.toLowerCase()));
    const added = bodiless ? [] : headers.filter(([name]) => !given.has(name));
    sink.head(plan.status, [...added, ...plan.headers], plan.trailers);
    if (!bodiless && method !== "HEAD") await sendChunks(plan, chunks, sink.body, gone);
    if (plan.abort) return sink.abort(plan.abort.how);
    sink.body.end();
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}

async function sendChunks(
  plan: EchoPlan,
  chunks: Iterable<Buffer>,
  body: Writable,
  gone: AbortSignal,
): Promise<void> {
  let sent = 0;
  for (const chunk of chunks) {
    if (plan.abort && sent >= plan.abort.afterChunks) return;
    if (sent > 0 && plan.chunkDelayMs > 0) await delay(plan.chunkDelayMs, undefined, { signal: gone });
    await write(body, chunk, gone);
    sent += 1;
  }
}

function bodyOf(plan: EchoPlan, report: () => Buffer): { chunks: Iterable<Buffer>; headers: HeaderPair[] } {
  if (plan.body.kind === "chunks") {
    return { chunks: repeat(Buffer.alloc(plan.body.size, "x"), plan.body.count), headers: [] };
  }
  const bytes = plan.body.kind === "fixed" ? plan.body.bytes : report();
  const headers: HeaderPair[] = [];
  if (plan.body.kind === "report") headers.push(["content-type", "application/json"]);
  // HTTP/1 has trailers in a chunked message only.
  if (plan.trailers.length === 0) headers.push(["content-length", String(bytes.length)]);
  // In two pieces when it is to break off in the middle: the declared length then never comes.
  const half = bytes.length >> 1;
  return { chunks: plan.abort ? [bytes.subarray(0, half), bytes.subarray(half)] : [bytes], headers };
}

function* repeat(chunk: Buffer, count: number): Generator<Buffer> {
  for (let i = 0; i < count; i++) yield chunk;
}

/** Resolves when the bytes have left the process, which keeps one chunk in memory and lets no reset overtake it here. */
function write(body: Writable, chunk: Buffer, gone: AbortSignal): Promise<void> {
  if (chunk.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(new Error("the client left", { cause: gone.reason }));
    if (gone.aborted) return leave();
    gone.addEventListener("abort", leave, { once: true });
    body.write(chunk, (error) => {
      gone.removeEventListener("abort", leave);
      if (error) reject(error);
      else resolve();
    });
  });
}
