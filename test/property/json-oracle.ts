/** What the reader makes of a document, by JSON.parse and the rules that the reader adds to it. */
export type Verdict =
  | { readonly accepted: true; readonly dump: string }
  | { readonly accepted: false; readonly because: "syntax" | "UTF-8" | "surrogate" | "duplicate" | "depth" };

export function judge(octets: Uint8Array, maxDepth = 32): Verdict {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return { accepted: false, because: "UTF-8" };
  }
  try {
    value = JSON.parse(text);
  } catch {
    return { accepted: false, because: "syntax" };
  }
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/gs, '""');
  if (depthOf(bare) > maxDepth) return { accepted: false, because: "depth" };
  // A name that comes twice is a colon in the text, but no field of the value.
  if (bare.split(":").length - 1 !== countFields(value)) return { accepted: false, because: "duplicate" };
  const dumped = dump(value);
  return dumped === null ? { accepted: false, because: "surrogate" } : { accepted: true, dump: dumped };
}

function depthOf(bare: string): number {
  let depth = 0;
  let deepest = 0;
  for (const c of bare) {
    if (c === "{" || c === "[") deepest = Math.max(deepest, ++depth);
    else if (c === "}" || c === "]") depth--;
  }
  return deepest;
}

function countFields(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const values: unknown[] = Object.values(value);
  return (Array.isArray(value) ? 0 : values.length) + values.reduce<number>((n, v) => n + countFields(v), 0);
}

/** As the fixture prints a value; null for what holds half a surrogate pair. */
export function dump(value: unknown): string | null {
  if (value === null) return "n";
  if (typeof value === "boolean") return value ? "t" : "f";
  // The reader has no infinity: its dump of one is that of an error, 0.
  if (typeof value === "number") return Number.isFinite(value) ? `#${bitsOf(value).toString(16)}` : "#0";
  if (typeof value === "string")
    return /\p{Surrogate}/u.test(value) ? null : `"${Buffer.from(value).toString("hex")}"`;
  if (Array.isArray(value)) {
    const parts = value.map(dump);
    return parts.includes(null) ? null : `[${parts.join(",")}]`;
  }
  const parts: string[] = [];
  for (const [name, field] of Object.entries(value as object)) {
    const [key, dumped] = [dump(name), dump(field)];
    if (key === null || dumped === null) return null;
    parts.push(`${key}:${dumped}`);
  }
  return `{${parts.sort().join(",")}}`;
}

export function bitsOf(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0]!;
}
