import type { EchoRequest } from "../upstream/index.js";
import type { Expectation, HeaderFields } from "./cases.js";
import { type ClientResponse, type HeaderPair, valuesOf } from "./client.js";

/** What came of one request: the answer, and what reached the upstream, if anything did. */
export interface Observed {
  readonly response: ClientResponse;
  readonly upstream: EchoRequest | undefined;
}

/** Every way in which an observation is not what was expected, in words; none when it is. */
export function differences(expected: Expectation, { response, upstream }: Observed): string[] {
  const found: string[] = [];
  compare(found, "status", expected.status, response.status);
  compare(found, "reset", expected.reset, response.reset !== undefined);
  compareFields(found, "header", expected.headers, response.headers);
  compareFields(found, "trailer", expected.trailers, response.trailers);
  if (expected.body !== undefined) compare(found, "body", expected.body, response.body.toString("latin1"));
  if (expected.upstream === null && upstream !== undefined) {
    found.push(`the upstream got ${upstream.method} ${upstream.path}, which must not reach it`);
  }
  if (expected.upstream) compareUpstream(found, expected.upstream, upstream);
  return found;
}

function compareUpstream(
  found: string[],
  expected: NonNullable<Expectation["upstream"]>,
  upstream: EchoRequest | undefined,
): void {
  if (upstream === undefined) {
    found.push("nothing reached the upstream");
    return;
  }
  if (expected.method !== undefined) compare(found, "upstream method", expected.method, upstream.method);
  if (expected.path !== undefined) compare(found, "upstream path", expected.path, upstream.path);
  compareFields(found, "upstream header", expected.headers, upstream.headers);
  compareFields(found, "upstream trailer", expected.trailers, upstream.trailers);
  if (expected.body !== undefined) {
    const body = Buffer.from(upstream.body.base64 ?? "", "base64").toString("latin1");
    compare(found, "upstream body", expected.body, body);
  }
}

function compareFields(
  found: string[],
  what: string,
  expected: HeaderFields,
  headers: readonly HeaderPair[],
): void {
  for (const [name, value] of Object.entries(expected)) {
    const wanted = value === null ? [] : typeof value === "string" ? [value] : value;
    compare(found, `${what} ${name}`, wanted, valuesOf(headers, name));
  }
}

function compare(found: string[], what: string, expected: unknown, got: unknown): void {
  const [wanted, actual] = [JSON.stringify(expected), JSON.stringify(got)];
  if (wanted !== actual) found.push(`${what}: expected ${wanted}, got ${actual}`);
}
