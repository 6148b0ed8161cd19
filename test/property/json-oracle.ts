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

/** A value as text: fields sorted, numbers as their bits; null for what holds half a surrogate pair. */
export function dump(value: unknown): string | null {
  return hasHalfPair(value) ? null : print(value);
}

function hasHalfPair(value: unknown): boolean {
  if (typeof value === "string") return /\p{Surrogate}/u.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, field]) => hasHalfPair(name) || hasHalfPair(field));
}

function print(value: unknown): string {
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return printString(Buffer.from(value).toString("hex"));
  if (Array.isArray(value)) return `[${value.map(print).join(",")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const fields = Object.entries(value).map(([name, field]) => `${print(name)}:${print(field)}`);
  return `{${fields.sort().join(",")}}`;
}

/** The same of what the fixture prints. */
export function canonical(printed: string): string {
  const value: unknown = JSON.parse(printed, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return { fields: Object.entries(inner) };
  });
  const show = (inner: unknown): string => {
    if (typeof inner === "string") return inner.startsWith("#") ? inner : printString(inner.slice(1));
    if (Array.isArray(inner)) return `[${inner.map(show).join(",")}]`;
    if (typeof inner !== "object" || inner === null) return String(inner);
    const { fields } = inner as { fields: [string, unknown][] };
    const shown = fields.map(([name, field]) => `${printString(name.slice(1))}:${show(field)}`);
    return `{${shown.sort().join(",")}}`;
  };
  return show(value);
}

/** The reader has no infinity: it prints 0 for one, and has failed. */
function printNumber(value: number): string {
  return `#${(Number.isFinite(value) ? bitsOf(value) : 0n).toString(16).padStart(16, "0")}`;
}

function printString(hex: string): string {
  return `"${hex}"`;
}

export function bitsOf(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0]!;
}
