import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("base64");
});

function result(length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(unit.octets(unit.call.output!(), length));
}

function decode(text: string | Uint8Array, lax = false): string | null {
  unit.give(Buffer.from(text));
  const decoded = result(unit.call.decode!(Number(lax)));
  unit.give(Buffer.from(text));
  const inPlace = result(unit.call.decodeInPlace!(Number(lax)));
  expect(inPlace).toEqual(decoded);
  return decoded && decoded.toString("latin1");
}

function encode(octets: Uint8Array, padded: boolean): string {
  unit.give(octets);
  return result(unit.call.encode!(Number(padded)))!.toString("latin1");
}

test("octets of any length are written as Node writes them, and read back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100, size: "max" }), (octets) => {
      const buffer = Buffer.from(octets);
      const text = buffer.toString("base64url");
      expect(encode(octets, false)).toBe(text);
      expect(encode(octets, true)).toBe(buffer.toString("base64"));
      expect(decode(text)).toBe(buffer.toString("latin1"));
      expect(decode(text, true)).toBe(buffer.toString("latin1"));
    }),
    { numRuns: 3000 },
  );
});

test("strict: a text is accepted if it is the one that its octets are written as, and only then", () => {
  const letters = fc.constantFrom(..."AQgwBCxyz019-_", ..."=.+/ \n\0\u00ff");
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(..."AQgwf-_9") }, letters), {
        maxLength: 14,
      }),
      (parts) => {
        const text = Buffer.from(parts.join(""), "latin1");
        const octets = Buffer.from(text.toString("latin1"), "base64url");
        const canonical = octets.toString("base64url") === text.toString("latin1");
        expect(decode(text)).toBe(canonical ? octets.toString("latin1") : null);
      },
    ),
    { numRuns: 10_000 },
  );
});

test("strict and lax: each octet alone in each place", () => {
  const alphabet = new Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
  for (let octet = 0; octet < 256; octet++) {
    const letter = String.fromCharCode(octet);
    for (let at = 0; at < 8; at++) {
      const text = Buffer.from("AAAAAAAA", "latin1");
      text[at] = octet;
      const decoded = alphabet.has(letter)
        ? Buffer.from(text.toString(), "base64url").toString("latin1")
        : null;
      expect(decode(text), `${octet} at ${at}`).toBe(decoded);
      // Lax: white space leaves seven letters; padding in the last place is one that seven letters need.
      const ignored = " \t\n\v\f\r".includes(letter) || (at === 7 && "=.".includes(letter));
      expect(decode(text, true), `${octet} at ${at}`).toBe(ignored ? "\0\0\0\0\0" : decoded);
    }
  }
});

/** How Abseil reads them; the first column is what strict reading makes of it. */
test.each([
  ["", "", ""],
  ["Zg", "f", "f"],
  ["Zg==", null, "f"],
  ["Zg..", null, "f"],
  ["Zg=.", null, "f"],
  ["Zg=", null, null],
  ["Zg===", null, null],
  ["Zm8", "fo", "fo"],
  ["Zm8=", null, "fo"],
  ["Zm8==", null, null],
  ["Zm9v", "foo", "foo"],
  ["Zm9v=", null, null],
  ["Zm9v====", null, null],
  ["=", null, null],
  ["Z", null, null],
  ["Zm9vZ", null, null],
  ["Zm9v Z", null, null],
  ["Zh", null, "f"],
  ["Zm9", null, "fo"],
  [" Z m\t9\nv ", null, "foo"],
  ["Z g = \r = ", null, "f"],
  ["Zg==Zg==", null, null],
  ["Zg= =Zg", null, null],
  ["Zm9v\0", null, null],
  ["Zm+v", null, null],
  ["Zm/v", null, null],
  ["   ", null, ""],
])("%j is %j, laxly %j", (text, strict, lax) => {
  expect(decode(text)).toBe(strict);
  expect(decode(text, true)).toBe(lax);
});

test("there is room for what a text can stand for, and lengths do not overflow", () => {
  for (let length = 0; length < 100; length++) {
    expect(unit.call.capacity!(length)).toBe(Math.floor((length * 3) / 4));
  }
  expect(unit.call.capacity!(0x7fffffff)).toBe(0x5fffffff);
});
