/** What goes into a configuration of Envoy, with the names that its protobuf messages have. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** An object of it. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Without the members that are undefined. */
export function compact(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  const present = Object.entries(members).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return Object.fromEntries(present);
}

/** JSON for people: what fits on a line is on one. */
export function readableJson(value: Json, indent = "", width = 100): string {
  const flat = JSON.stringify(value);
  if (typeof value !== "object" || value === null || flat.length + indent.length <= width)
    return spaced(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? (value as readonly Json[]).map((item) => inner + readableJson(item, inner, width))
    : Object.entries(value).map(
        ([name, item]) => `${inner}${JSON.stringify(name)}: ${readableJson(item, inner, width)}`,
      );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

function spaced(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${spaced(item)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** An object without some of its members. */
export function without<T extends object, Name extends keyof T>(
  members: T,
  ...names: readonly Name[]
): Omit<T, Name> {
  const kept = Object.entries(members).filter(([name]) => !(names as readonly string[]).includes(name));
  return Object.fromEntries(kept) as Omit<T, Name>;
}

/** A list, or undefined when there is nothing in it. */
export function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}
