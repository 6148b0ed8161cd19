import fc from "fast-check";
import { createHash, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import { testWycheproof, type Vector } from "./wycheproof.js";
import { makeKeyPairSync } from "../../harness/key-pair.js";

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("ed25519");
});

/** Whether it is accepted. */
function setKey(key: Uint8Array): boolean {
  unit.give(key);
  return unit.call.setKey!() !== 0;
}

/** For the key that was set. */
function isValid(message: Uint8Array, signature: Uint8Array): boolean {
  unit.give(signature);
  unit.call.setSignature!();
  unit.give(message);
  return unit.call.verify!() !== 0;
}

function octetsOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x!, "base64url");
}

function keyOf(octets: Uint8Array): KeyObject {
  return createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(octets).toString("base64url") },
  });
}

function flipped(octets: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(octets);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, "hex");
}

/** RFC 8032 section 7.1. */
const KEY_1 = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

test.each([
  {
    name: "TEST 1",
    key: KEY_1,
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    name: "TEST 2",
    key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    name: "TEST 3",
    key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
  {
    name: "TEST SHA(abc)",
    key: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    message: createHash("sha512").update("abc").digest("hex"),
    signature:
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
  },
])("RFC 8032 section 7.1, $name", ({ key, message, signature }) => {
  expect(setKey(hex(key))).toBe(true);
  expect(isValid(hex(message), hex(signature))).toBe(true);
});

interface Group {
  readonly publicKey: { readonly pk: string };
  readonly tests: readonly (Vector & { readonly msg: string; readonly sig: string })[];
}

testWycheproof<Group>("ed25519", ({ publicKey, tests }) => {
  expect(setKey(hex(publicKey.pk))).toBe(true);
  for (const { tcId, comment, msg, sig, result } of tests) {
    expect(isValid(hex(msg), hex(sig)), `${tcId}: ${comment}`).toBe(result === "valid");
  }
});

test("signatures of random keys for random messages are valid, and for others as node:crypto says", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(511),
      fc.nat(255),
      (message, signatureBit, keyBit) => {
        const { publicKey, privateKey } = makeKeyPairSync("ed25519");
        const key = octetsOf(publicKey);
        const signature = sign(null, message, privateKey);
        expect(setKey(key)).toBe(true);
        expect(isValid(message, signature)).toBe(true);
        const wrong = flipped(signature, signatureBit);
        expect(isValid(message, wrong)).toBe(verify(null, message, publicKey, wrong));
        expect(isValid(Buffer.concat([message, Buffer.of(0)]), signature)).toBe(false);
        const otherKey = flipped(key, keyBit);
        expect(setKey(otherKey) && isValid(message, signature)).toBe(
          verify(null, message, keyOf(otherKey), signature),
        );
      },
    ),
    { numRuns: 500 },
  );
});

describe("one signature", () => {
  const { publicKey, privateKey } = makeKeyPairSync("ed25519");
  const message = Buffer.from("header.payload");
  const signature = sign(null, message, privateKey);

  test("is invalid with any bit changed, in it or in the message", () => {
    setKey(octetsOf(publicKey));
    expect(isValid(message, signature)).toBe(true);
    for (let bit = 0; bit < 512; bit++)
      expect(isValid(message, flipped(signature, bit)), `bit ${bit}`).toBe(false);
    for (let bit = 0; bit < message.length * 8; bit++) {
      expect(isValid(flipped(message, bit), signature), `bit ${bit}`).toBe(false);
    }
  });

  test("is invalid in any other length", () => {
    setKey(octetsOf(publicKey));
    for (let length = 0; length < 64; length++)
      expect(isValid(message, signature.subarray(0, length))).toBe(false);
    expect(isValid(message, Buffer.concat([signature, Buffer.of(0)]))).toBe(false);
  });

  test("is invalid with L, or any multiple of it, added to S", () => {
    setKey(octetsOf(publicKey));
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`);
    for (let larger = s + L; larger < 2n ** 256n; larger += L) {
      const octets = Buffer.from(larger.toString(16).padStart(64, "0"), "hex").reverse();
      expect(isValid(message, Buffer.concat([signature.subarray(0, 32), octets]))).toBe(false);
    }
  });

  test("takes no memory once the tables are made", () => {
    setKey(octetsOf(publicKey));
    isValid(message, signature);
    unit.give(message);
    const before = unit.memorySize();
    expect(unit.call.verifyMany!(5000)).toBe(5000);
    expect(unit.memorySize()).toBe(before);
  });
});

// With T a point of order 8, which the RFC's key A is mixed with; the signatures are for "torsion".
describe("points that are no multiples of the base point", () => {
  const message = Buffer.from("torsion");

  test.each([
    ["order 1", "0100000000000000000000000000000000000000000000000000000000000000"],
    ["order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
    ["order 4", "0000000000000000000000000000000000000000000000000000000000000080"],
    ["order 4", "0000000000000000000000000000000000000000000000000000000000000000"],
    ["order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
    ["order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
    ["order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"],
    ["order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"],
    ["A + T", "9158312a9a8d6e3b34c891d6d61444f8b8211c5117ebad15bdb0bd68b07e0245"],
    ["A + 2T", "ad38a8f0b22ab7ca46ecee7bbef12b5f336c182652fac34392f859dbd9666a7d"],
    ["A + 4T", "16a567fe7d4ef5482ab4012c369bf8c5f11e8d0c2559dcda50fde59708f8aee5"],
  ])("as a key, of %s, are refused", (_, key) => {
    expect(setKey(hex(key))).toBe(false);
  });

  test("as R make a signature invalid that is valid without them", () => {
    expect(setKey(hex(KEY_1))).toBe(true);
    const plain =
      "17ffad8068dc0de9935d36636f3ad1b5de6de3413b12388e453b05f2a4c1d3db3b8d3573aa78bc58829a991a57ea5a083eb69addecfe42d3c68d72986c399b0f";
    expect(isValid(message, hex(plain))).toBe(true);
    for (const withTorsion of [
      "d63c01223147541df4e170763e9e2788a8bf5971f52a93c5829dbe6f5ff6bba9e36d8e70d03cac525a8e3dada55440d74d82f3a1a82794f4a2444241fd45730f",
      "e3b97bafaaff89d5daa423e9d78e9506371d40f044b78353daed01f30e3e687e4ad389fe19a9bd96a0454420f0683daaead7105f3f676c431a0b066953553300",
      "d600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c246da379363d9948115ef069d9eac8c04a9ff4b4afa1a330cd3cbdf7bb55fa070c",
    ]) {
      expect(isValid(message, hex(withTorsion))).toBe(
        verify(null, message, keyOf(hex(KEY_1)), hex(withTorsion)),
      );
    }
  });
});

describe("a key is refused", () => {
  test.each([
    ["y of p", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
    ["y of p, and a sign", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"],
    ["y of p + 1", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
    ["y of 2^255 - 1", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
    ["y of which there is no x", "0200000000000000000000000000000000000000000000000000000000000000"],
    ["x of zero with a sign", "0100000000000000000000000000000000000000000000000000000000000080"],
    ["31 octets", KEY_1.slice(2)],
    ["33 octets", `${KEY_1}00`],
    ["nothing", ""],
  ])("for %s", (_, key) => {
    expect(setKey(hex(key))).toBe(false);
  });
});

test("10,000 random keys and signatures are taken without a trap, and none is valid", () => {
  fc.assert(
    fc.property(octets(32), octets(64), fc.uint8Array({ maxLength: 200 }), (key, signature, message) => {
      setKey(key);
      expect(isValid(message, signature)).toBe(false);
      if (signature.length === 64) signature[63]! &= 0x0f; // S is below L then, so that it comes to the points
      expect(isValid(message, signature)).toBe(false);
    }),
    { numRuns: 10_000 },
  );
});

/** Mostly of this length. */
function octets(length: number): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.uint8Array({ minLength: length, maxLength: length }) },
    fc.uint8Array({ maxLength: 2 * length }),
  );
}
