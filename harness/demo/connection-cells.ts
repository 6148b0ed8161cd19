import pc from "picocolors";
import type { CaseConnection, ExpectedConnection, Step } from "../conformance/connections.js";
import type { ConnectionExchange } from "../conformance/envoy-connections.js";
import type { Octets } from "../conformance/octets.js";

/** A connection, what was expected of it and what came of it. */
export interface ConnectionRow {
  readonly filter: string;
  readonly connection: CaseConnection;
  readonly exchange: ConnectionExchange;
}

/** The cells of a row between the filter and the verdict. */
export function connectionCells({ connection, exchange }: ConnectionRow): string[] {
  const { expected, observed, wrong } = exchange;
  return [
    describeConnection(connection),
    describeExpected(expected),
    observed === undefined
      ? wrong.join("\n")
      : [
          ...(expected.cluster === undefined ? [] : [place(observed.cluster ?? null)]),
          ...Object.keys(expected.labels).map((name) => `${name}: ${observed.labels?.[name] ?? "(none)"}`),
          ...(expected.matches === undefined ? [] : [firstOf(expected.matches, observed.received)]),
          ...(closes(expected) ? [observed.ended === null ? "open" : "closed"] : []),
          ...(expected.upstream === null && observed.upstream === null ? [NOTHING] : []),
        ].join("\n"),
  ];
}

const NOTHING = "nothing reached the upstream";

function describeConnection({ name, destination, steps }: CaseConnection): string {
  const to =
    destination === undefined ? [] : [`to port ${destination.slice(destination.lastIndexOf(":") + 1)}`];
  const sends = steps.length === 0 ? ["(silent)"] : steps.map(describeStep);
  return [pc.bold(name), ...to, ...sends].join("\n");
}

function describeStep(step: Step): string {
  if ("send" in step) return describeOctets(step.send);
  if ("receive" in step) return `waits for ${describeOctets(step.receive)}`;
  return "pause" in step ? `waits ${step.pause} ms` : "end" in step ? "ends" : "resets";
}

/** The first line, by which one knows it. */
function describeOctets(value: Octets): string {
  if (Array.isArray(value)) return value.map(describeOctets).join(" ");
  if (typeof value === "string") {
    const quoted = JSON.stringify(value.replace(/\$\{connection\}/g, "…"));
    return quoted.length <= 40 ? quoted : `${quoted.slice(0, 38)}…"`;
  }
  return "hex" in value ? value.hex : `ClientHello for ${value.clientHello.serverName ?? "no name"}`;
}

function describeExpected(expected: ExpectedConnection): string {
  return [
    ...(expected.cluster === undefined ? [] : [place(expected.cluster)]),
    ...Object.entries(expected.labels).map(([name, value]) => `${name}: ${value ?? "(none)"}`),
    ...(expected.matches === undefined ? [] : [expected.matches]),
    ...(closes(expected) ? ["closed"] : []),
    ...(expected.upstream === null ? ["nothing reaches the upstream"] : []),
  ].join("\n");
}

function place(cluster: string | null): string {
  return cluster === null ? "goes nowhere" : `goes to ${cluster}`;
}

function closes({ closed }: ExpectedConnection): boolean {
  return closed !== undefined && closed !== false;
}

/** What was looked for. */
function firstOf(expression: string, received: Buffer | undefined): string {
  const text = received?.toString("latin1") ?? "";
  return new RegExp(expression, "s").exec(text)?.[0] ?? JSON.stringify(text.slice(0, 40));
}
