import { refusal, unreachable } from "./refusal.js";

/** Octets in a second that a server has to send, so that it cannot send one now and then for ever. */
const SLOWEST = 16 * 1024;

export interface BodyOptions {
  /** More than so many octets are not taken. */
  readonly limit: number;
  /** What is being done, for errors. */
  readonly doing: string;
  /** Milliseconds for the first octets; the rest has time by its size. */
  readonly patienceMs: number;
  /** Whether the beginning will do when there is more. */
  readonly beginning?: true;
}

/**
 * The octets of an answer, given up as soon as there are too many of them, or too few for the time: what a server says of their
 * number is not relied upon, nor is what they become when they are unpacked.
 */
export async function readBody(response: Response, options: BodyOptions): Promise<Uint8Array> {
  const { limit, doing, patienceMs, beginning = false } = options;
  const { host } = new URL(response.url);
  const tooMany = `${host} sends more than the ${limit} octets that it may`;
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      void reader.cancel().catch(() => undefined);
    },
    patienceMs + (1000 * limit) / SLOWEST,
  );
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    if (!beginning && Number(response.headers.get("content-length") ?? 0) > limit)
      throw refusal(doing, tooMany);
    for (;;) {
      const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
      if (isLate) throw unreachable(doing, `${host} has sent ${length} of ${limit} octets and is too slow`);
      if (done || value === undefined) return Buffer.concat(chunks, length);
      length += value.byteLength;
      if (length > limit && !beginning) throw refusal(doing, tooMany);
      chunks.push(value);
      if (length > limit) {
        await reader.cancel();
        return Buffer.concat(chunks, limit);
      }
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    if (error instanceof TypeError)
      throw unreachable(doing, `${host} broke off: ${causeOf(error)}`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Why `fetch` failed, which it keeps to itself. */
export function causeOf(error: unknown): string {
  const { cause } = error as { cause?: { message?: string; code?: string } };
  return cause?.code ?? cause?.message ?? String(error);
}
