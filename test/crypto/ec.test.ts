import fc from "fast-check";
import { createHash, sign, verify } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import {
  coordinatesOf,
  CURVES,
  keyOf,
  multipleOfBase,
  numberOf,
  octetsOf,
  pointWithSmallX,
  type CurveFacts,
} from "./ec-curves.js";
import { testWycheproof, type Vector } from "./wycheproof.js";
import { makeKeyPairSync } from "../../harness/key-pair.js";

/** In the order of `HashFunction`. */
const HASHES = ["sha256", "sha384", "sha512"];

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("ec");
});

/** Makes x and y, one behind the other, the key; whether it is accepted. */
function setKey(curve: CurveFacts, coordinates: Uint8Array, xLength = curve.length): boolean {
  unit.give(coordinates);
  return unit.call.setKey!(CURVES.indexOf(curve), xLength) !== 0;
}

/** For the key that was set. */
function isValid(hash: string, message: Uint8Array, signature: Uint8Array): boolean {
  unit.give(signature);
  unit.call.setSignature!();
  unit.give(message);
  return unit.call.verify!(HASHES.indexOf(hash)) !== 0;
}

function flipped(octets: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(octets);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, "hex");
}

/** RFC 6979 appendix A.2, for "sample" and the hash function of the curve. */
const RFC_6979: Readonly<Record<string, { readonly x: string; readonly r: string; readonly s: string }>> = {
  "P-256": {
    x: "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
    r: "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
    s: "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
  },
  "P-384": {
    x: "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
    r: "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
    s: "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
  },
  "P-521": {
    x: "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538",
    r: "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa",
    s: "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a",
  },
};

interface Group {
  readonly publicKey: { readonly uncompressed: string };
  readonly tests: readonly (Vector & { readonly msg: string; readonly sig: string })[];
}

describe.each(CURVES.map((curve) => ({ name: curve.name, curve })))("$name", ({ name, curve }) => {
  const { name: namedCurve, length, hash, prime, order } = curve;

  test("takes the signature of RFC 6979", () => {
    const { x, r, s } = RFC_6979[name]!;
    expect(setKey(curve, multipleOfBase(curve, BigInt(`0x${x}`)))).toBe(true);
    expect(isValid(hash, Buffer.from("sample"), hex(r + s))).toBe(true);
    expect(isValid(hash, Buffer.from("simple"), hex(r + s))).toBe(false);
  });

  testWycheproof<Group>(`ecdsa_${curve.secName}_${hash}_p1363`, ({ publicKey, tests }) => {
    expect(setKey(curve, hex(publicKey.uncompressed).subarray(1))).toBe(true);
    for (const { tcId, comment, msg, sig, result } of tests) {
      expect(isValid(hash, hex(msg), hex(sig)), `${tcId}: ${comment}`).toBe(result === "valid");
    }
  });

  test("takes signatures of random keys, and others as node:crypto does, with any hash function", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...HASHES),
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(),
        (hash, message, bit) => {
          const { publicKey, privateKey } = makeKeyPairSync("ec", { namedCurve });
          const signature = sign(hash, message, { key: privateKey, dsaEncoding: "ieee-p1363" });
          expect(setKey(curve, coordinatesOf(publicKey))).toBe(true);
          expect(isValid(hash, message, signature)).toBe(true);
          const wrong = flipped(signature, bit % (16 * length));
          const verdict = verify(hash, message, { key: publicKey, dsaEncoding: "ieee-p1363" }, wrong);
          expect(isValid(hash, message, wrong)).toBe(verdict);
          expect(isValid(hash, Buffer.concat([message, Buffer.of(0)]), signature)).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  describe("one signature", () => {
    const { publicKey, privateKey } = makeKeyPairSync("ec", { namedCurve });
    const message = Buffer.from("header.payload");
    const signature = sign(hash, message, { key: privateKey, dsaEncoding: "ieee-p1363" });
    const r = numberOf(signature.subarray(0, length));
    const s = numberOf(signature.subarray(length));

    function isValidAs(r: bigint, s: bigint): boolean {
      setKey(curve, coordinatesOf(publicKey));
      return isValid(hash, message, Buffer.concat([octetsOf(r, length), octetsOf(s, length)]));
    }

    test("is invalid with any bit changed, in it or in the message", () => {
      expect(isValidAs(r, s)).toBe(true);
      for (let bit = 0; bit < length * 16; bit++) {
        expect(isValid(hash, message, flipped(signature, bit)), `bit ${bit}`).toBe(false);
      }
      for (let bit = 0; bit < message.length * 8; bit++) {
        expect(isValid(hash, flipped(message, bit), signature), `bit ${bit}`).toBe(false);
      }
    });

    test("is invalid in any other length", () => {
      setKey(curve, coordinatesOf(publicKey));
      for (let cut = 0; cut < signature.length; cut++) {
        expect(isValid(hash, message, signature.subarray(0, cut))).toBe(false);
      }
      expect(isValid(hash, message, Buffer.concat([signature, Buffer.of(0)]))).toBe(false);
      expect(isValid(hash, message, Buffer.concat([signature, Buffer.of(0, 0)]))).toBe(false);
    });

    test("is valid with s or n - s, as ECDSA is, and for no other numbers from outside 1 to n - 1", () => {
      expect(isValidAs(r, order - s)).toBe(true);
      for (const other of [0n, order, order - 1n, order + 1n, prime]) {
        expect(isValidAs(other, s), `r = ${other}`).toBe(false);
        expect(isValidAs(r, other), `s = ${other}`).toBe(false);
        expect(isValidAs(other, other), `r = s = ${other}`).toBe(false);
      }
      const end = 2n ** BigInt(8 * length);
      for (const larger of [order, prime, (end / 2n) % end, (end / 4n) % end, (end / 32n) % end]) {
        if (r + larger < end) expect(isValidAs(r + larger, s)).toBe(false);
        if (s + larger < end) expect(isValidAs(r, s + larger)).toBe(false);
      }
    });

    test("takes no memory once the tables are made", () => {
      expect(isValidAs(r, s)).toBe(true);
      unit.give(message);
      const before = unit.memorySize();
      expect(unit.call.verifyMany!(HASHES.indexOf(hash), 3000)).toBe(3000);
      expect(unit.memorySize()).toBe(before);
    });
  });

  test("a signature that asks for the point at infinity is invalid", () => {
    // u G + v (d G) is at infinity for r = -e / d, whatever s is; d is 1 here.
    const message = Buffer.from("infinity");
    setKey(curve, multipleOfBase(curve, 1n));
    const e = digestAsScalar(message);
    for (const s of [1n, 2n, order - 1n, 0x1234567n]) {
      expect(isValid(hash, message, Buffer.concat([octetsOf(order - e, length), octetsOf(s, length)]))).toBe(
        false,
      );
    }
  });

  test("equal multiples of both points are added up as they should be", () => {
    // With d = 1 and r = e both digits of a column are the same; k = 2 e / s is as good as never the right one.
    const message = Buffer.from("equal");
    setKey(curve, multipleOfBase(curve, 1n));
    const e = digestAsScalar(message);
    for (const s of [1n, 2n, order - 1n]) {
      const signature = Buffer.concat([octetsOf(e, length), octetsOf(s, length)]);
      const key = keyOf(curve, multipleOfBase(curve, 1n));
      const verdict = verify(hash, message, { key, dsaEncoding: "ieee-p1363" }, signature);
      expect(isValid(hash, message, signature)).toBe(verdict);
    }
  });

  /** e of ECDSA for the curve's own hash function, modulo n. */
  function digestAsScalar(message: Buffer): bigint {
    return numberOf(createHash(hash).update(message).digest()) % order;
  }

  describe("a key is refused", () => {
    const { publicKey } = makeKeyPairSync("ec", { namedCurve });
    const coordinates = coordinatesOf(publicKey);
    const x = numberOf(coordinates.subarray(0, length));
    const y = numberOf(coordinates.subarray(length));

    function accepts(x: bigint, y: bigint): boolean {
      return setKey(curve, Buffer.concat([octetsOf(x, length), octetsOf(y, length)]));
    }

    test("off the curve", () => {
      expect(accepts(x, y)).toBe(true);
      expect(accepts(x, prime - y)).toBe(true);
      expect(accepts(y, x)).toBe(false);
      expect(accepts(0n, 0n)).toBe(false);
      expect(accepts(x, y + 1n)).toBe(false);
      for (let bit = 0; bit < 16 * length; bit++) {
        expect(setKey(curve, flipped(coordinates, bit)), `bit ${bit}`).toBe(false);
      }
    });

    test("with a coordinate of p or more", () => {
      const small = pointWithSmallX(curve);
      expect(accepts(small.x, small.y)).toBe(true);
      expect(accepts(small.x + prime, small.y)).toBe(false);
      const end = 2n ** BigInt(8 * length);
      for (const larger of [prime, end / 2n, end / 4n, end / 32n]) {
        if (x + larger < end) expect(accepts(x + larger, y)).toBe(false);
        if (y + larger < end) expect(accepts(x, y + larger)).toBe(false);
      }
    });

    test("with a coordinate of another length", () => {
      const zero = Buffer.of(0);
      const [left, right] = [coordinates.subarray(0, length), coordinates.subarray(length)];
      expect(setKey(curve, Buffer.concat([zero, left, right]), length + 1)).toBe(false);
      expect(setKey(curve, Buffer.concat([left, zero, right]))).toBe(false);
      expect(setKey(curve, coordinates.subarray(0, 2 * length - 1))).toBe(false);
      expect(setKey(curve, coordinates.subarray(1), length - 1)).toBe(false);
      expect(setKey(curve, left)).toBe(false);
      expect(setKey(curve, Buffer.alloc(0), 0)).toBe(false);
    });
  });

  const numbers = fc.oneof(
    { weight: 3, arbitrary: fc.bigInt(1n, order - 1n).map((number) => octetsOf(number, length)) },
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc.uint8Array({ maxLength: 2 * length }),
  );

  test("10,000 random keys are taken without a trap, and none is accepted", () => {
    fc.assert(
      fc.property(numbers, numbers, (x, y) => {
        expect(setKey(curve, Buffer.concat([x, y]), x.length)).toBe(false);
      }),
      { numRuns: 10_000 },
    );
  });

  test("10,000 random signatures are taken without a trap, and none is valid", () => {
    const { publicKey } = makeKeyPairSync("ec", { namedCurve });
    expect(setKey(curve, coordinatesOf(publicKey))).toBe(true);
    fc.assert(
      fc.property(numbers, numbers, fc.uint8Array({ maxLength: 200 }), (r, s, message) => {
        expect(isValid(hash, message, Buffer.concat([r, s]))).toBe(false);
      }),
      { numRuns: 10_000 },
    );
  });
});
