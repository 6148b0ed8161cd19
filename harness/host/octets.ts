/** Octets: bytes, or text whose characters stand for octets (header fields) or are sent as UTF-8 (bodies). */
export type Octets = string | Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** String.fromCharCode takes its argument list from the stack. */
const CHUNK = 4096;
/** Up to here a loop is quicker. */
const SHORT = 24;

/** One character per octet. Not TextDecoder's "latin1", which is windows-1252. */
export function toLatin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = "";
  if (to - from <= SHORT) {
    for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
    return text;
  }
  for (let at = from; at < to; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + CHUNK, to)));
  }
  return text;
}

/** @throws {TypeError} for characters above U+00FF, which are no octets */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new TypeError(`${JSON.stringify(text)}: header fields are octets; give bytes`);
    bytes[i] = code;
  }
  return bytes;
}

/** A header field's name or value as latin1 text. */
export function fieldText(octets: Octets): string {
  if (typeof octets !== "string") return toLatin1(octets);
  for (let i = 0; i < octets.length; i++) {
    if (octets.charCodeAt(i) > 0xff) fromLatin1(octets);
  }
  return octets;
}

/** A body: bytes as they are, text as UTF-8. */
export function bodyBytes(octets: Octets): Uint8Array {
  return typeof octets === "string" ? encoder.encode(octets) : octets;
}

/** Text of a body or a log message; what is no UTF-8 becomes U+FFFD. */
export function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A configuration as Envoy would pass it: text and bytes as they are, anything else as JSON. */
export function configurationBytes(configuration: unknown): Uint8Array {
  if (configuration === undefined) return new Uint8Array(0);
  if (configuration instanceof Uint8Array) return configuration;
  return encoder.encode(
    typeof configuration === "string" ? configuration : (JSON.stringify(configuration) ?? ""),
  );
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
