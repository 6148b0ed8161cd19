import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("text");
});

const whatwg = new TextDecoder("utf-8", { ignoreBOM: true });

function expectDecoded(octets: Uint8Array): void {
  unit.give(octets);
  const [decoded, right] = [unit.text(unit.call.decode!()), whatwg.decode(octets)];
  // Half a million calls of `expect` would take most of the time.
  if (decoded !== right) expect.fail(`[${octets.join(" ")}] becomes "${decoded}" and not "${right}"`);
}

/** The octets at which UTF-8's rules change, and their neighbours. */
const EDGES = [
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
  0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

test("every sequence of up to two octets decodes as TextDecoder decodes it", () => {
  expectDecoded(new Uint8Array());
  for (let a = 0; a < 256; a++) {
    expectDecoded(Uint8Array.of(a));
    for (let b = 0; b < 256; b++) expectDecoded(Uint8Array.of(a, b));
  }
});

test("every sequence of three and four octets at the edges of the rules decodes as TextDecoder decodes it", () => {
  for (const a of EDGES) for (const b of EDGES) for (const c of EDGES) expectDecoded(Uint8Array.of(a, b, c));
  const leads = EDGES.filter((octet) => octet >= 0xe0);
  for (const a of leads)
    for (const b of EDGES)
      for (const c of EDGES) for (const d of EDGES) expectDecoded(Uint8Array.of(a, b, c, d));
});

test("random octets decode as TextDecoder decodes them", () => {
  const likely = fc.oneof(fc.constantFrom(...EDGES), fc.nat(255));
  fc.assert(
    fc.property(fc.array(likely, { maxLength: 64 }), (octets) => expectDecoded(Uint8Array.from(octets))),
    {
      numRuns: 10_000,
    },
  );
});

test("text that is cut anywhere decodes as TextDecoder decodes it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), fc.nat(), (text, from, to) => {
      const octets = Buffer.from(text);
      expectDecoded(octets.subarray(from % (octets.length + 1), octets.length - (to % (octets.length + 1))));
    }),
    { numRuns: 5000 },
  );
});

test("text survives the way into a string and back, and octets that are no text do not", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
        fc.uint8Array(),
      ),
      (octets) => {
        unit.give(octets);
        const isText = Buffer.from(whatwg.decode(octets)).equals(octets);
        expect(unit.call.survives!() === 1).toBe(isText);
      },
    ),
    { numRuns: 5000 },
  );
});
