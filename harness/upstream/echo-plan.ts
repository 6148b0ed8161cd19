import { validateHeaderName, validateHeaderValue } from "node:http";

/** A header or trailer as it was on the wire: name and value, one character per octet (latin1). */
export type HeaderPair = readonly [name: string, value: string];

/** What the body of a response is made of; `report` is the JSON that says what the server received. */
type BodyPlan =
  | { readonly kind: "report" }
  | { readonly kind: "fixed"; readonly bytes: Buffer }
  | { readonly kind: "chunks"; readonly count: number; readonly size: number };

/** How to break a response off: `reset` is a TCP RST or RST_STREAM, `close` ends the connection early. */
export interface AbortPlan {
  readonly how: "reset" | "close";
  /** Body chunks sent before; 0 is right after the headers, -1 instead of them. */
  readonly afterChunks: number;
}

/** How to answer one request, as its `x-echo-*` headers ask. */
export interface EchoPlan {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly trailers: readonly HeaderPair[];
  readonly body: BodyPlan;
  readonly delayMs: number;
  readonly chunkDelayMs: number;
  /** Answers when the headers are in, without waiting for the request's body. */
  readonly early: boolean;
  readonly abort: AbortPlan | null;
}

/** One chunk is held in memory, so it is bounded; the number of chunks is not. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;
const MAX_DELAY_MS = 24 * 60 * 60 * 1000;

/** An `x-echo-*` header that makes no sense; the server answers 400 with this text. */
export class EchoPlanError extends Error {}

/**
 * Reads the `x-echo-*` headers of a request; see `startEcho` for what they mean.
 * @throws {EchoPlanError}
 */
export function parsePlan(headers: readonly HeaderPair[]): EchoPlan {
  const controls = new Controls(headers);
  const body = bodyPlan(controls);
  const plan: EchoPlan = {
    status: controls.integer("status", 200, 200, 999),
    headers: controls.pairs("header"),
    trailers: controls.pairs("trailer"),
    body,
    delayMs: controls.integer("delay-ms", 0, 0, MAX_DELAY_MS),
    chunkDelayMs: controls.integer("chunk-delay-ms", 0, 0, MAX_DELAY_MS),
    early: controls.integer("early", 0, 0, 1) === 1,
    abort: abortPlan(controls),
  };
  controls.rejectUnknown();
  if (plan.early && body.kind === "report") {
    throw new EchoPlanError(
      "x-echo-early needs x-echo-body or x-echo-chunks: a report needs the whole request",
    );
  }
  return plan;
}

function bodyPlan(controls: Controls): BodyPlan {
  const fixed = controls.last("body");
  const chunks = controls.last("chunks");
  if (chunks !== undefined) {
    const match = /^(\d{1,9})x(\d{1,9})$/.exec(chunks);
    const count = Number(match?.[1]);
    const size = Number(match?.[2]);
    if (!match || size > MAX_CHUNK_BYTES) {
      throw new EchoPlanError(
        `x-echo-chunks: want COUNTxBYTES, at most ${MAX_CHUNK_BYTES} bytes each, got "${chunks}"`,
      );
    }
    return { kind: "chunks", count, size };
  }
  return fixed === undefined ? { kind: "report" } : { kind: "fixed", bytes: Buffer.from(fixed, "latin1") };
}

function abortPlan(controls: Controls): AbortPlan | null {
  const how = controls.last("abort");
  const afterChunks = controls.integer("abort-after", 1, -1, Number.MAX_SAFE_INTEGER);
  if (how === undefined) return null;
  if (how !== "reset" && how !== "close")
    throw new EchoPlanError(`x-echo-abort: want reset or close, got "${how}"`);
  return { how, afterChunks };
}

/** The `x-echo-*` headers of one request by their short names; it knows which of them were asked for. */
class Controls {
  readonly #values = new Map<string, string[]>();
  readonly #known = new Set<string>();

  constructor(headers: readonly HeaderPair[]) {
    for (const [name, value] of headers) {
      const lower = name.toLowerCase();
      if (!lower.startsWith("x-echo-")) continue;
      const short = lower.slice("x-echo-".length);
      this.#values.set(short, [...(this.#values.get(short) ?? []), value]);
    }
  }

  last(short: string): string | undefined {
    this.#known.add(short);
    return this.#values.get(short)?.at(-1);
  }

  integer(short: string, fallback: number, min: number, max: number): number {
    const text = this.last(short);
    if (text === undefined) return fallback;
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) {
      throw new EchoPlanError(`x-echo-${short}: want an integer from ${min} to ${max}, got "${text}"`);
    }
    return value;
  }

  pairs(short: string): HeaderPair[] {
    this.#known.add(short);
    return (this.#values.get(short) ?? []).map((text) => {
      const colon = text.indexOf(":", 1);
      const name = text.slice(0, colon).trim();
      const value = text.slice(colon + 1).trim();
      try {
        if (colon < 0) throw new Error("no colon");
        validateHeaderName(name);
        validateHeaderValue(name, value);
      } catch (cause) {
        throw new EchoPlanError(`x-echo-${short}: want "name: value", got "${text}"`, { cause });
      }
      return [name, value];
    });
  }

  /** A typing error in a test case must not look like a server that behaves. */
  rejectUnknown(): void {
    for (const short of this.#values.keys()) {
      if (!this.#known.has(short)) throw new EchoPlanError(`x-echo-${short}: no such control`);
    }
  }
}
