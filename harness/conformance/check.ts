import type { EchoRequest } from "../upstream/index.js";
import type { Expectation, HeaderFields } from "./cases.js";
import { type ClientResponse, type HeaderPair, valuesOf } from "./client.js";

/** What came of one request: the answer, and what reached the upstream, if anything did. */
export interface Observed {
  readonly response: ClientResponse;
  readonly upstream: EchoRequest | undefined;
  /** Response code details, where they were asked for. */
  readonly details?: string | undefined;
}

/** Every way in which an observation is not what was expected, in words; none when it is. */
export function differences(expected: Expectation, observed: Observed): string[] {
  const { response, upstream, details } = observed;
  const found: string[] = [];
  compare(found, "status", expected.status, response.status);
  compare(found, "reset", expected.reset, response.reset !== undefined);
  compareFields(found, "header", expected.headers, response.headers);
  compareFields(found, "trailer", expected.trailers, response.trailers);
  if (expected.body !== undefined) compare(found, "body", expected.body, response.body.toString("latin1"));
  if (expected.details !== undefined) compare(found, "details", expected.details, details);
  if (expected.matches) compareMatches(found, expected.matches, observed);
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

function compareMatches(
  found: string[],
  { headers, body, details }: NonNullable<Expectation["matches"]>,
  { response, details: told }: Observed,
): void {
  const match = (what: string, expression: string, got: string | undefined): void => {
    if (got !== undefined && new RegExp(expression).test(got)) return;
    found.push(`${what}: expected what matches ${expression}, got ${JSON.stringify(got)}`);
  };
  for (const [name, expression] of Object.entries(headers)) {
    const values = valuesOf(response.headers, name);
    if (values.length === 0) match(`header ${name}`, expression, undefined);
    for (const value of values) match(`header ${name}`, expression, value);
  }
  if (body !== undefined) match("body", body, response.body.toString("latin1"));
  if (details !== undefined) match("details", details, told);
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
