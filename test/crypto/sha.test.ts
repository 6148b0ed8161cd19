import fc from "fast-check";
import { createHash, randomBytes } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("sha");
});

/** In the order of `HashFunction`. */
const ALGORITHMS = ["sha256", "sha384", "sha512"];

function result(length: number): string {
  return Buffer.from(unit.octets(unit.call.output!(), length)).toString("hex");
}

function hash(algorithm: string, message: Uint8Array): string {
  unit.give(message);
  return result(unit.call.hash!(ALGORITHMS.indexOf(algorithm)));
}

test.each([
  ["sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "sha256",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [
    "sha384",
    "abc",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  ],
  [
    "sha512",
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
])("%s of %j is what NIST says", (algorithm, message, digest) => {
  expect(hash(algorithm, Buffer.from(message))).toBe(digest);
});

test("SHA-256 of a million times a is what NIST says", () => {
  expect(hash("sha256", Buffer.alloc(1_000_000, "a"))).toBe(
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  );
});

test.each(ALGORITHMS)("%s of any length is what OpenSSL says", (algorithm) => {
  const lengths = [...Array(301).keys(), 1023, 1024, 4096, 65_535, 100_001];
  for (const length of lengths) {
    const message = randomBytes(length);
    expect(hash(algorithm, message), `${length} octets`).toBe(
      createHash(algorithm).update(message).digest("hex"),
    );
  }
});

test.each(ALGORITHMS)("%s in pieces is that of the whole", (algorithm) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600, size: "max" }), fc.nat(), fc.nat(), (message, a, b) => {
      const cuts = [a % (message.length + 1), b % (message.length + 1)].sort((x, y) => x - y);
      unit.give(message);
      const length = unit.call.hashPieces!(ALGORITHMS.indexOf(algorithm), cuts[0]!, cuts[1]!);
      expect(result(length)).toBe(createHash(algorithm).update(message).digest("hex"));
    }),
    { numRuns: 3000 },
  );
});

test("a string that was not finished does not show in the next", () => {
  const message = randomBytes(200);
  const alone = hash("sha512", message);
  unit.call.abandon!(2);
  expect(hash("sha512", message)).toBe(alone);
});
