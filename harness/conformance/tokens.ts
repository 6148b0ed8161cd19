import type { Key, Keys } from "./keys.js";
import type { TokenDefinition, TokenSection, TokenSignature } from "./material-schema.js";
import { signOctets, signWithJose } from "./sign.js";

/** A token as it is sent. */
export interface Token {
  readonly text: string;
  /** The three sections, before the definition's `text` was made of them. */
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** The payload before it was encoded. */
  readonly claims: Buffer;
}

/** What a token takes from around it. */
export interface TokenContext {
  readonly definitions: Readonly<Record<string, TokenDefinition>>;
  readonly keys: Keys;
  /** Unix time in seconds, which `{ now: … }` counts from. */
  readonly now: number;
  /** Fills names in. */
  readonly fill: <T>(value: T) => Promise<T>;
}

/** Makes the token of this name. */
export async function mintToken(name: string, context: TokenContext): Promise<Token> {
  const definition = await context.fill(derive(name, context.definitions, []));
  const key = await context.keys.get(definition.key ?? "");
  const alg = definition.alg ?? key.alg;
  const header = encode(definition.header ?? {}, context.now, (given) => {
    const fields = { alg, ...(key.kid !== null && { kid: key.kid }), ...given };
    return without(fields, definition.withoutHeader);
  });
  const payload = encode(definition.payload ?? {}, context.now, (given) =>
    without(given, definition.without),
  );
  const sections = {
    header: header.section,
    payload: payload.section,
    signature: await signatureOf(definition.signature, alg, key, { header, payload, keys: context.keys }),
  };
  const { text = "${header}.${payload}.${signature}" } = definition;
  return {
    ...sections,
    text: text.replace(
      /\$\{(header|payload|signature)\}/g,
      (_, part: keyof typeof sections) => sections[part],
    ),
    claims: payload.octets,
  };
}

/** A definition with what it takes from others. */
function derive(
  name: string,
  definitions: Readonly<Record<string, TokenDefinition>>,
  below: readonly string[],
): TokenDefinition {
  if (below.includes(name)) throw new Error(`token ${name} is made from itself`);
  const own = definitions[name];
  if (own === undefined) {
    throw new Error(`there is no token ${name}; there are: ${Object.keys(definitions).join(", ") || "none"}`);
  }
  if (own.from === undefined) return own;
  const base = derive(own.from, definitions, [...below, name]);
  const merged = {
    ...base,
    ...own,
    header: overlay(base.header, own.header, base.withoutHeader),
    payload: overlay(base.payload, own.payload, base.without),
  };
  return { ...merged, without: own.without, withoutHeader: kept(base.withoutHeader, own) };
}

/** Default header fields come back with each token: what the base left out stays out unless it is given again. */
function kept(left: readonly string[] | undefined, own: TokenDefinition): string[] {
  const given = isMembers(own.header) ? Object.keys(own.header) : [];
  return [...(left ?? []).filter((name) => !given.includes(name)), ...(own.withoutHeader ?? [])];
}

function overlay(
  base: TokenSection | undefined,
  own: TokenSection | undefined,
  left: readonly string[] | undefined,
): TokenSection | undefined {
  const below = isMembers(base) ? without(base, left) : base;
  if (own === undefined) return below;
  return isMembers(below) && isMembers(own) ? { ...below, ...own } : own;
}

function isMembers(section: TokenSection | undefined): section is Record<string, unknown> {
  return typeof section === "object" && !("$hex" in section) && !("$section" in section);
}

function without(members: Record<string, unknown>, names: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

interface Encoded {
  readonly section: string;
  readonly octets: Buffer;
  /** When it was given as members. */
  readonly members: Record<string, unknown> | null;
}

function encode(
  section: TokenSection,
  now: number,
  complete: (members: Record<string, unknown>) => Record<string, unknown>,
): Encoded {
  if (typeof section === "object" && "$section" in section && typeof section.$section === "string") {
    return { section: section.$section, octets: Buffer.from(section.$section, "base64url"), members: null };
  }
  const members = isMembers(section) ? (withTimes(complete(section), now) as Record<string, unknown>) : null;
  const octets =
    members !== null
      ? Buffer.from(JSON.stringify(members))
      : typeof section === "string"
        ? Buffer.from(section)
        : Buffer.from(String((section as { $hex: string }).$hex), "hex");
  return { section: octets.toString("base64url"), octets, members };
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Replaces `{ now: offset }` wherever it stands. */
function withTimes(value: unknown, now: number): unknown {
  if (Array.isArray(value)) return value.map((one) => withTimes(one, now));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === "now") return now + offset(only[1]);
  return Object.fromEntries(entries.map(([name, one]) => [name, withTimes(one, now)]));
}

function offset(value: unknown): number {
  if (typeof value === "number") return value;
  const match = /^([+-]?\d+)([smhd])$/.exec(String(value));
  if (match === null) throw new Error(`now: ${String(value)} is neither seconds nor like -61s, 1h or 2d`);
  return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
}

async function signatureOf(
  how: TokenSignature | undefined,
  alg: string,
  key: Key,
  { header, payload, keys }: { header: Encoded; payload: Encoded; keys: Keys },
): Promise<string> {
  if (how === "none") return "";
  if (how?.section !== undefined) return how.section + (how.suffix ?? "");
  const input = Buffer.from(`${header.section}.${payload.section}`, "latin1");
  let octets: Buffer;
  if (how?.hex !== undefined) octets = Buffer.from(how.hex, "hex");
  else if (how?.zeros !== undefined) octets = Buffer.alloc(how.zeros);
  else {
    const signer = how?.by === undefined ? key : await keys.get(how.by);
    const joined =
      signer === key && header.members !== null && how === undefined
        ? await signWithJose(header.members, payload.octets, key)
        : null;
    if (joined?.startsWith(`${input.toString("latin1")}.`)) return joined.slice(input.length + 1);
    octets = signOctets(alg, input, signer, how);
  }
  if (how === undefined) return octets.toString("base64url");
  return spoil(octets, how);
}

function spoil(octets: Buffer, how: Exclude<TokenSignature, "none">): string {
  let changed = Buffer.from(octets);
  if (how.flip !== undefined) {
    const [index, bit] = [how.flip >> 3, how.flip & 7];
    if (index >= changed.length)
      throw new Error(`flip: ${how.flip} is beyond the signature's ${changed.length} octets`);
    changed[index] = (changed[index] ?? 0) ^ (0x80 >> bit);
  }
  changed = Buffer.concat([changed, Buffer.from(how.append ?? "", "hex")]);
  changed = changed.subarray(0, changed.length - (how.cut ?? 0));
  const section = changed.toString("base64url");
  return (how.noncanonical ? withUnusedBits(section) : section) + (how.suffix ?? "");
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The same octets, with a last character that no encoder writes. */
function withUnusedBits(section: string): string {
  if (section.length % 4 === 0)
    throw new Error("noncanonical: the signature's last character has no unused bits");
  return section.slice(0, -1) + (ALPHABET[ALPHABET.indexOf(section.at(-1) ?? "A") + 1] ?? "");
}
