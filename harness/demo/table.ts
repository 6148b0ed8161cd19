import Table from "cli-table3";
import pc from "picocolors";
import type { CaseRequest, Expectation } from "../conformance/cases.js";
import { valuesOf } from "../conformance/client.js";
import type { Exchange } from "../conformance/envoy-subject.js";

/** One line of the demo: a request, what was expected of it and what came back. */
export interface DemoRow {
  readonly filter: string;
  readonly request: CaseRequest;
  readonly exchange: Exchange;
}

export function demoTable(rows: readonly DemoRow[]): string {
  const table = new Table({
    head: ["filter", "request", "expected", "came back", ""],
    style: { head: [], border: [] },
    wordWrap: true,
  });
  for (const { filter, request, exchange } of rows) {
    const { expected, observed, wrong } = exchange;
    const verdict = wrong.length === 0 ? pc.green("ok") : pc.red("differs");
    table.push([
      filter,
      describeRequest(request),
      describeExpected(expected),
      describeAnswer(expected, observed),
      verdict,
    ]);
  }
  return table.toString();
}

function describeRequest({ protocol, method, path, headers, body }: CaseRequest): string {
  const version = protocol === "http2" ? "HTTP/2" : "HTTP/1.1";
  const fields = headers.map(([name, value]) => `${name}: ${value}`);
  const text = body === undefined ? [] : [`"${body}"`];
  return [`${method} ${path} ${version}`, ...fields, ...text].join("\n");
}

function describeExpected(expected: Expectation): string {
  const fields = Object.entries(expected.headers).map(([name, value]) => `${name}: ${spell(value)}`);
  return [String(expected.status), ...fields, ...upstreamLine(expected, expected.upstream?.body)].join("\n");
}

/** Of the answer, what the expectation is about. */
function describeAnswer(expected: Expectation, { response, upstream }: Exchange["observed"]): string {
  const fields = Object.keys(expected.headers).map((name) => {
    const values = valuesOf(response.headers, name);
    return `${name}: ${values.length === 0 ? spell(null) : spell(values)}`;
  });
  const body = Buffer.from(upstream?.body.base64 ?? "", "base64").toString();
  return [response.reset ?? String(response.status), ...fields, ...upstreamLine(expected, body)].join("\n");
}

function upstreamLine(expected: Expectation, body: string | undefined): string[] {
  return expected.upstream?.body === undefined ? [] : [`upstream got "${body ?? ""}"`];
}

function spell(value: string | readonly string[] | null): string {
  if (value === null) return "(none)";
  return typeof value === "string" ? value : value.join(" | ");
}
