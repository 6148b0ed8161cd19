import { causeOf } from "./body.js";
import { lead } from "./lead.js";
import { refusal, unreachable } from "./refusal.js";

/** A server that has not answered by then does not; one that puts a large upload together needs its time. */
export const PATIENCE_MS = 120_000;

const MOST_REDIRECTS = 5;

export interface Sending {
  /** What is being done, for errors. */
  readonly doing: string;
  readonly patienceMs: number;
  /** What `authorization` says to a host; null for nothing. */
  readonly authorize: (url: URL) => string | null;
  /** Whether what is sent is for the first host alone. */
  readonly isSecret?: boolean;
}

/**
 * Sends a request, and goes where the answer leads by the rules of {@link lead}. Each host hears only what is for it: `fetch` by
 * itself would follow a redirect out of TLS, and to wherever it leads.
 */
export async function send(start: URL, init: RequestInit, sending: Sending): Promise<Response> {
  let url = start;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await once(url, init, sending);
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    const method = init.method ?? "GET";
    // Of the others a client may make a GET, which would be another request.
    if (response.status < 307 && method !== "GET" && method !== "HEAD") return response;
    await response.body?.cancel();
    const next = await lead(url, response.headers.get("location") ?? "", sending.doing);
    if (sending.isSecret === true && next.origin !== start.origin)
      throw refusal(sending.doing, `${url.host} leads to ${next.host} with what is for nobody else`);
    url = next;
  }
  throw refusal(sending.doing, `${start.host} redirects without end`);
}

async function once(url: URL, init: RequestInit, sending: Sending): Promise<Response> {
  const { doing, patienceMs, authorize } = sending;
  const headers = new Headers(init.headers);
  // Digests are those of what is there, not of what it becomes on the way.
  headers.set("accept-encoding", "identity");
  const authorization = authorize(url);
  if (authorization !== null) headers.set("authorization", authorization);
  const giveUp = new AbortController();
  const timer = setTimeout(() => {
    giveUp.abort();
  }, patienceMs);
  try {
    return await fetch(url, { ...init, headers, redirect: "manual", signal: giveUp.signal });
  } catch (cause) {
    if (giveUp.signal.aborted) {
      throw unreachable(doing, `${url.host} has not answered for ${patienceMs / 1000} s`, { cause });
    }
    const why = causeOf(cause);
    const words = `${(cause as { cause?: { message?: string } }).cause?.message ?? ""} ${why}`;
    const isTls = /SSL|wrong version number|packet length/i.test(words);
    throw unreachable(doing, `${url.host} cannot be reached: ${why}`, {
      cause,
      ...(isTls && { hint: "If the registry speaks plain HTTP: --plain-http." }),
    });
  } finally {
    clearTimeout(timer);
  }
}
