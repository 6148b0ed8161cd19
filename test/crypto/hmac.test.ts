import { createHmac, randomBytes } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import { testWycheproof, type Vector } from "./wycheproof.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("rsa");
});

/** In the order of `HashFunction`. */
const ALGORITHMS = ["sha256", "sha384", "sha512"];

function setKey(algorithm: string, key: Uint8Array): void {
  unit.give(key);
  unit.call.makeSecret!(ALGORITHMS.indexOf(algorithm));
}

function mac(message: Uint8Array): Buffer {
  unit.give(message);
  unit.call.setMessage!();
  const length = unit.call.mac!();
  return Buffer.from(unit.octets(unit.call.output!(), length));
}

/** Whether this is the code of the last message. */
function verify(code: Uint8Array): boolean {
  unit.give(code);
  return unit.call.verifyMac!() !== 0;
}

test.each([
  [
    "sha256",
    Buffer.alloc(20, 0x0b),
    "Hi There",
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  ],
  [
    "sha256",
    Buffer.from("Jefe"),
    "what do ya want for nothing?",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    "sha256",
    Buffer.alloc(131, 0xaa),
    "Test Using Larger Than Block-Size Key - Hash Key First",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
  [
    "sha384",
    Buffer.alloc(20, 0x0b),
    "Hi There",
    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
  ],
  [
    "sha512",
    Buffer.alloc(20, 0x0b),
    "Hi There",
    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde" +
      "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
  ],
])("HMAC with %s is what RFC 4231 says (%#)", (algorithm, key, message, code) => {
  setKey(algorithm, key);
  expect(mac(Buffer.from(message)).toString("hex")).toBe(code);
});

test.each(ALGORITHMS)("HMAC with %s and keys of any length is what OpenSSL says", (algorithm) => {
  for (let length = 0; length <= 300; length++) {
    const key = randomBytes(length);
    const message = randomBytes(300 - length);
    setKey(algorithm, key);
    const expected = createHmac(algorithm, key).update(message).digest("hex");
    expect(mac(message).toString("hex"), `key of ${length} octets`).toBe(expected);
    expect(mac(message).toString("hex"), "the same key once more").toBe(expected);
  }
});

test.each(ALGORITHMS)("with %s only the whole code, unchanged, is accepted", (algorithm) => {
  setKey(algorithm, randomBytes(64));
  const code = mac(randomBytes(100));
  expect(verify(code)).toBe(true);
  for (let bit = 0; bit < 8 * code.length; bit++) {
    const changed = Buffer.from(code);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(verify(changed), `bit ${bit}`).toBe(false);
  }
  for (let length = 0; length < code.length; length++) {
    expect(verify(code.subarray(0, length)), `${length} octets`).toBe(false);
  }
  expect(verify(Buffer.concat([code, Buffer.alloc(1)]))).toBe(false);
  expect(verify(code)).toBe(true);
});

interface MacGroup {
  readonly tagSize: number;
  readonly tests: readonly (Vector & { readonly key: string; readonly msg: string; readonly tag: string })[];
}

for (const algorithm of ALGORITHMS) {
  testWycheproof<MacGroup>(`hmac_${algorithm}`, ({ tagSize, tests }) => {
    for (const { tcId, comment, key, msg, tag, result } of tests) {
      setKey(algorithm, Buffer.from(key, "hex"));
      const code = mac(Buffer.from(msg, "hex"));
      const given = Buffer.from(tag, "hex");
      // Shorter codes are beginnings of the whole one; the SDK itself accepts whole ones only.
      const whole = tagSize === 8 * code.length;
      const valid = whole ? verify(given) : given.equals(code.subarray(0, tagSize / 8));
      expect(valid, `${tcId} ${comment}`).toBe(result === "valid");
    }
  });
}
