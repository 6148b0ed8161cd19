import type { Case, CaseRequest, Expectation } from "../conformance/cases.js";
import type { Difference } from "./runs.js";

/** The differences between ours and native that cases declare. */
export function differencesOf(cases: readonly Case[]): Difference[] {
  return cases.flatMap((one) => {
    if (one.native === undefined) return [];
    const exchanges = one.requests.flatMap(exchangeOf);
    const whys = [
      one.why,
      ...one.requests.filter(({ native }) => native !== undefined).map(({ why }) => why),
    ];
    const why = [...new Set(whys.filter((text) => text !== undefined))].join(" ");
    if (exchanges.length === 0 && one.why === undefined) return [];
    return [{ filter: one.filter, case: one.case, why, exchanges: [...exchanges, ...refusalOf(one)] }];
  });
}

function exchangeOf({ name, method, path, headers, expect, native }: CaseRequest): Difference["exchanges"] {
  if (native === undefined) return [];
  const fields = headers.map(([field, value]) => `${field}: ${shortened(value)}`).join("\n");
  const asked = [name ?? `${method} ${shortened(path)}`, fields].filter((line) => line !== "").join("\n");
  return [{ asked, ours: answer(expect), native: answer(native) }];
}

function refusalOf({ refused, nativeRefused }: Case): Difference["exchanges"] {
  // Both refuse it, each in its own words: no difference.
  if (nativeRefused !== false) return [];
  const ours = refused === undefined ? "takes it" : `refuses it: ${refused}`;
  return [{ asked: "the configuration", ours, native: "takes it" }];
}

/** The parts of an answer that a case speaks of. */
function answer({ status, reset, headers, body, details, upstream }: Expectation): string {
  const lines = [reset ? "no answer" : String(status)];
  if (details !== undefined) lines.push(details);
  for (const [field, value] of Object.entries(headers))
    lines.push(`${field}: ${shortened(fieldText(value))}`);
  if (body !== undefined) lines.push(shortened(body));
  if (upstream === null) lines.push("nothing reaches the upstream");
  for (const [field, value] of Object.entries(upstream?.headers ?? {})) {
    lines.push(`upstream gets ${field}: ${shortened(fieldText(value))}`);
  }
  return lines.join("\n");
}

function fieldText(value: string | string[] | null): string {
  if (value === null) return "absent";
  return typeof value === "string" ? value : value.join(" | ");
}

function shortened(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
