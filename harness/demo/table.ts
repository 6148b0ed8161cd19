import Table from "cli-table3";
import pc from "picocolors";
import type { CaseRequest, Expectation } from "../conformance/cases.js";
import { type HeaderPair, valuesOf } from "../conformance/client.js";
import type { Exchange } from "../conformance/envoy-subject.js";
import { connectionCells, type ConnectionRow } from "./connection-cells.js";
import type { DeliveryRow } from "./delivery.js";

/** A request, what was expected of it and what came back. */
export interface RequestRow {
  readonly filter: string;
  readonly request: CaseRequest;
  readonly exchange: Exchange;
}

/** One line of the demo. */
export type DemoRow = RequestRow | ConnectionRow | DeliveryRow;

export function demoTable(rows: readonly DemoRow[]): string {
  const table = new Table({
    head: ["filter", "request", "expected", "came back", ""],
    style: { head: [], border: [] },
    wordWrap: true,
  });
  for (const row of rows) {
    const verdict = wrongOf(row).length === 0 ? pc.green("ok") : pc.red("differs");
    table.push([row.filter, ...cellsOf(row), verdict]);
  }
  return table.toString();
}

/** In what a row is not as it should be. */
export function wrongOf(row: DemoRow): readonly string[] {
  if ("exchange" in row) return row.exchange.wrong;
  return row.expected === row.came ? [] : [`${row.step}: expected ${row.expected}, got ${row.came}`];
}

function cellsOf(row: DemoRow): string[] {
  if ("request" in row) return requestCells(row);
  return "connection" in row ? connectionCells(row) : [row.step, row.expected, row.came];
}

function requestCells({ request, exchange: { expected, observed } }: RequestRow): string[] {
  return [describeRequest(request), describeExpected(expected), describeAnswer(expected, observed)];
}

function describeRequest({ name, protocol, method, path, headers, body }: CaseRequest): string {
  const version = protocol === "http2" ? "HTTP/2" : "HTTP/1.1";
  const title = name === undefined ? [] : [pc.bold(name)];
  const fields = headers.map(([field, value]) => `${field}: ${value}`);
  const text = body === undefined ? [] : [`"${body}"`];
  return [...title, `${method} ${path} ${version}`, ...fields, ...text].join("\n");
}

function describeExpected(expected: Expectation): string {
  const { status, headers, body, upstream } = expected;
  const seen = upstream ?? undefined;
  return [
    String(status),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${spell(value)}`),
    ...(body === undefined ? [] : [body]),
    ...upstreamLines(upstream, seen?.path, seen?.body, (name) => seen?.headers[name] ?? null),
  ].join("\n");
}

/** Of the answer, what the expectation is about. */
function describeAnswer(expected: Expectation, { response, upstream }: Exchange["observed"]): string {
  const seen = Buffer.from(upstream?.body.base64 ?? "", "base64").toString();
  return [
    response.reset ?? String(response.status),
    ...Object.keys(expected.headers).map((name) => `${name}: ${spell(fieldOf(response.headers, name))}`),
    ...(expected.body === undefined ? [] : [response.body.toString()]),
    ...(upstream === null && expected.upstream === null
      ? ["nothing reached the upstream"]
      : upstreamLines(expected.upstream, upstream?.path, seen, (name) =>
          fieldOf(upstream?.headers ?? [], name),
        )),
  ].join("\n");
}

type Field = string | readonly string[] | null;

/** What of a request that reached the upstream is expected, with the values of one side. */
function upstreamLines(
  expected: Expectation["upstream"],
  path: string | undefined,
  body: string | undefined,
  field: (name: string) => Field,
): string[] {
  if (expected === undefined) return [];
  if (expected === null) return ["nothing reaches the upstream"];
  return [
    ...(expected.path === undefined ? [] : [`upstream got ${path ?? "nothing"}`]),
    ...Object.keys(expected.headers).map((name) => `upstream got ${name}: ${spell(field(name))}`),
    ...(expected.body === undefined ? [] : [`upstream got "${body ?? ""}"`]),
  ];
}

function fieldOf(headers: readonly HeaderPair[], name: string): Field {
  const values = valuesOf(headers, name);
  return values.length === 0 ? null : values;
}

function spell(value: Field): string {
  if (value === null) return "(none)";
  return typeof value === "string" ? value : value.join(" | ");
}
