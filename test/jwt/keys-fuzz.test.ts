// Whatever a JWKS server sends, reading it does not trap, and what is read can be used.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { ALGORITHMS, CERTIFICATES, ED, OCT, P256, P384, P521, RSA, RSA_3, set } from "./key-material.js";
import { MODE, VERIFIER } from "./modes.js";
import { loadUnit, type Unit } from "../unit-module.js";

const TIMEOUT_MS = 240_000;
const DOCUMENTS = Number(process.env.TREMULA_FUZZ_DOCUMENTS ?? 100_000);
/** Pages: what the collector lets stand, not what has come in. */
const MOST_GROWTH = 4 << 20;

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("jwt-keys");
});

const KEYS = [RSA.jwk, RSA_3.jwk, P256.jwk, P384.jwk, P521.jwk, ED.jwk, OCT].map((jwk) => ({
  ...jwk,
  kid: "a",
}));

/** Values that a member of a key should not have, or in another place. */
const value = fc.oneof(
  { weight: 3, arbitrary: fc.base64String({ maxLength: 90 }).map((text) => text.replace(/=+$/, "")) },
  fc.constantFrom(
    "",
    "AA",
    "AQAB",
    "P-256",
    "P-384",
    "Ed25519",
    "RSA",
    "EC",
    "OKP",
    "oct",
    "sig",
    ...ALGORITHMS,
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const member = fc.constantFrom("kty", "n", "e", "crv", "x", "y", "k", "alg", "kid", "use", "key_ops", "d");

const key = fc
  .tuple(fc.constantFrom(...KEYS), fc.array(fc.tuple(member, value), { maxLength: 2 }))
  .map(([jwk, changes]) => ({ ...jwk, ...Object.fromEntries(changes) }));

const certificates = fc
  .tuple(fc.constantFrom(CERTIFICATES.rsa, CERTIFICATES.ec), fc.nat(1200), fc.integer({ min: 65, max: 122 }))
  .map(([pem, at, letter]) => ({
    a: pem.slice(0, 28 + at) + String.fromCharCode(letter) + pem.slice(29 + at),
  }));

const document = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.oneof({ weight: 9, arbitrary: key }, fc.jsonValue()), { maxLength: 3 })
      .map((keys) => JSON.stringify(set(...keys))),
  },
  { weight: 1, arbitrary: certificates.map((map) => JSON.stringify(map)) },
  { weight: 1, arbitrary: fc.json() },
);

/** A document, and octets of it changed. */
const octets = fc
  .tuple(document, fc.oneof(fc.constant([]), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 })))
  .map(([text, changes]) => {
    const bytes = Buffer.from(text);
    for (const [at, octet] of changes) if (bytes.length > 0) bytes[at % bytes.length] = octet;
    return bytes;
  });

test(
  `${DOCUMENTS} documents`,
  () => {
    const text = Buffer.from("header.payload");
    let used = 0;
    let grown = 0;
    let run = 0;
    fc.assert(
      fc.property(
        octets,
        fc.constantFrom(MODE.strict, MODE.envoy),
        fc.nat(ALGORITHMS.length - 1),
        (bytes, mode, alg) => {
          unit.give(bytes);
          const count = unit.call.parse!(mode, VERIFIER.own);
          const problem = unit.text(unit.call.problem!());
          expect(count > 0).toBe(problem === "");
          unit.give(ALGORITHMS[alg]!, 1);
          unit.give("a", 2);
          const selected = unit.text(unit.call.select!(1)).slice(0, -1);
          // Verifying by each would take minutes; what there is of tables is made on the first use.
          if (selected !== "" && run % 20 === 0) {
            unit.give(text, 2);
            unit.give(new Uint8Array(64), 3);
            for (const index of selected.split(",")) expect(unit.call.verify!(Number(index))).toBe(0);
          }
          if (count > 0) used++;
          if (++run === Math.floor(DOCUMENTS / 2)) grown = unit.memorySize();
        },
      ),
      { numRuns: DOCUMENTS },
    );
    expect(used).toBeGreaterThan(DOCUMENTS / 5);
    expect(unit.memorySize() - grown).toBeLessThan(MOST_GROWTH);
  },
  TIMEOUT_MS,
);
