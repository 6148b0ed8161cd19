import type { z } from "zod";
import type { Path } from "./position.js";

/** What a schema found, one entry for each unknown field, in words that suit a person who writes YAML. */
export function issuesOf(error: z.ZodError, prefix: Path): { path: Path; message: string }[] {
  return error.issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path as (string | number)[])];
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownField(key) }));
    const message = lowered(issue.message.replace(/^Invalid input: /, ""));
    // Kubernetes reads YAML 1.1, and hardly anybody expects what that does to a port that is called `y`.
    const hint = message === "expected string, received boolean" ? "; quote y, n, yes, no, on and off" : "";
    return [{ path, message: message + hint }];
  });
}

/** The parser's words, without the place that we name ourselves and the text that it quotes. */
export function yamlMessage({ message }: Error): string {
  if (/call stack/.test(message)) return "nested too deeply";
  return message.replace(/ at line \d+, column \d+:?[\s\S]*$/, "");
}

/** The words for a field that nobody knows. */
export function unknownField(name: string): string {
  return `unknown field ${JSON.stringify(name)}`;
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A value without the fields that are null, but for those of some names. */
export function withoutNulls(value: unknown, kept: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, kept));
  if (!isFields(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries
      .filter(([key, item]) => item !== null || kept.includes(key))
      .map(([key, item]) => [key, kept.includes(key) ? item : withoutNulls(item, kept)]),
  );
}

export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
