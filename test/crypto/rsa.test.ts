import fc from "fast-check";
import {
  constants,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  type KeyObject,
} from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import { testWycheproof, type Vector } from "./wycheproof.js";
import { makeKeyPairSync } from "../../harness/key-pair.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("rsa");
});

/** In the order of `HashFunction`. */
const ALGORITHMS = ["sha256", "sha384", "sha512"] as const;
type Algorithm = (typeof ALGORITHMS)[number];
const DIGEST_LENGTHS = { sha256: 32, sha384: 48, sha512: 64 };

/** Makes these the key of the next calls and returns its bits, or -1. */
function setKey(modulus: Uint8Array, exponent: Uint8Array): number {
  unit.give(modulus);
  unit.call.setModulus!();
  unit.give(exponent);
  unit.call.setExponent!();
  return unit.call.makePublicKey!();
}

function setPublicKey(key: KeyObject): number {
  const { n, e } = key.export({ format: "jwk" });
  return setKey(Buffer.from(n!, "base64url"), Buffer.from(e!, "base64url"));
}

function verify(
  scheme: "Pkcs1" | "Pss",
  algorithm: Algorithm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  unit.give(message);
  unit.call.setMessage!();
  unit.give(signature);
  return unit.call[`verify${scheme}`]!(ALGORITHMS.indexOf(algorithm)) !== 0;
}

function signPss(algorithm: Algorithm, message: Uint8Array, key: KeyObject, saltLength: number): Buffer {
  return sign(algorithm, message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

// All lengths of the first octet, which PSS treats differently.
describe.each([1040, 1041, 1042, 1043, 1044, 1045, 1046, 1047, 2048, 3072])(
  "a key of %d bits",
  (modulusLength) => {
    const { publicKey, privateKey } = makeKeyPairSync("rsa", { modulusLength });
    const length = Math.ceil(modulusLength / 8);

    test("has that many bits", () => {
      expect(setPublicKey(publicKey)).toBe(modulusLength);
    });

    test.each(ALGORITHMS)("accepts what OpenSSL signs with it and %s", (algorithm) => {
      setPublicKey(publicKey);
      for (const size of [0, 1, 100, 5000]) {
        const message = randomBytes(size);
        expect(verify("Pkcs1", algorithm, message, sign(algorithm, message, privateKey))).toBe(true);
        const salted = signPss(algorithm, message, privateKey, DIGEST_LENGTHS[algorithm]);
        expect(verify("Pss", algorithm, message, salted)).toBe(true);
      }
    });

    test("refuses other schemes, hash functions, messages, lengths and salts", () => {
      setPublicKey(publicKey);
      const message = randomBytes(50);
      const pkcs1 = sign("sha256", message, privateKey);
      const pss = signPss("sha256", message, privateKey, 32);
      expect(verify("Pss", "sha256", message, pkcs1)).toBe(false);
      expect(verify("Pkcs1", "sha256", message, pss)).toBe(false);
      for (const other of ["sha384", "sha512"] as const) {
        expect(verify("Pkcs1", other, message, pkcs1)).toBe(false);
        expect(verify("Pss", other, message, pss)).toBe(false);
      }
      for (const saltLength of [0, 20, 31, 33, 48]) {
        const salted = signPss("sha256", message, privateKey, saltLength);
        expect(verify("Pss", "sha256", message, salted), `salt of ${saltLength}`).toBe(false);
      }
      for (const [scheme, signature] of [["Pkcs1", pkcs1] as const, ["Pss", pss] as const]) {
        expect(verify(scheme, "sha256", randomBytes(50), signature)).toBe(false);
        expect(verify(scheme, "sha256", message, signature.subarray(1))).toBe(false);
        expect(verify(scheme, "sha256", message, signature.subarray(0, length - 1))).toBe(false);
        expect(verify(scheme, "sha256", message, Buffer.concat([Buffer.alloc(1), signature]))).toBe(false);
        expect(verify(scheme, "sha256", message, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
        for (let bit = 0; bit < 8 * length; bit += 7) {
          const changed = Buffer.from(signature);
          changed[bit >> 3]! ^= 1 << (bit & 7);
          expect(verify(scheme, "sha256", message, changed), `bit ${bit}`).toBe(false);
        }
        expect(verify(scheme, "sha256", message, signature)).toBe(true);
      }
    });

    // Those that do not fill their octets leave room for larger numbers.
    if (modulusLength % 8 !== 0) {
      test("refuses a signature that is not below the modulus", () => {
        setPublicKey(publicKey);
        const message = randomBytes(50);
        const signature = signPss("sha256", message, privateKey, 32);
        const modulus = Buffer.from(publicKey.export({ format: "jwk" }).n!, "base64url");
        const larger = octets(number(signature) + number(modulus), length);
        expect(verify("Pss", "sha256", message, signature)).toBe(true);
        expect(verify("Pss", "sha256", message, larger)).toBe(false);
      });
    }
  },
);

test("PSS: what the encoded message has no room for is zero", () => {
  // An encoded message of 1,040 bits is an octet shorter than this modulus, whose first octet is 1.
  const { publicKey, privateKey } = makeKeyPairSync("rsa", { modulusLength: 1041 });
  setPublicKey(publicKey);
  const message = randomBytes(50);
  const raw = { key: publicKey, padding: constants.RSA_NO_PADDING };
  const modulus = number(Buffer.from(publicKey.export({ format: "jwk" }).n!, "base64url"));
  let larger = modulus;
  while (larger >= modulus) {
    const encoded = publicEncrypt(raw, signPss("sha256", message, privateKey, 32));
    expect(encoded[0]).toBe(0);
    larger = number(encoded) + (1n << 1040n);
  }
  const forged = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, octets(larger, 131));
  expect(verify("Pss", "sha256", message, forged)).toBe(false);
});

test("a key that is too small for a scheme accepts nothing by it", () => {
  const { publicKey, privateKey } = makeKeyPairSync("rsa", { modulusLength: 1024 });
  setPublicKey(publicKey);
  const message = randomBytes(10);
  expect(verify("Pkcs1", "sha512", message, sign("sha512", message, privateKey))).toBe(true);
  for (let i = 0; i < 1000; i++) {
    const any = randomBytes(128);
    any[0]! &= 0x7f;
    expect(verify("Pss", "sha512", message, any)).toBe(false);
  }
});

test.each([
  ["no modulus", "", "010001", -1],
  ["a modulus of 1,023 bits", "7f" + "ff".repeat(127), "010001", -1],
  ["a modulus of 1,024 bits", "80" + "ff".repeat(127), "010001", 1024],
  ["leading zeros", "0000" + "80" + "ff".repeat(127), "0000010001", 1024],
  ["a modulus of 8,192 bits", "ff".repeat(1024), "010001", 8192],
  ["a modulus of 8,193 bits", "01" + "ff".repeat(1024), "010001", -1],
  ["an even modulus", "ff".repeat(255) + "fe", "010001", -1],
  ["no exponent", "ff".repeat(256), "", -1],
  ["an exponent of zero", "ff".repeat(256), "00", -1],
  ["an exponent of one", "ff".repeat(256), "01", -1],
  ["an exponent of three", "ff".repeat(256), "03", 2048],
  ["an even exponent", "ff".repeat(256), "010000", -1],
  ["an exponent of 33 bits", "ff".repeat(256), "01ffffffff", 2048],
  ["an exponent of 34 bits", "ff".repeat(256), "0200000001", -1],
  ["an exponent of 65 bits", "ff".repeat(256), "010000000000010001", -1],
])("a key of %s", (_, modulus, exponent, bits) => {
  expect(setKey(Buffer.from(modulus, "hex"), Buffer.from(exponent, "hex"))).toBe(bits);
});

test("powers are what BigInt says, for moduli and numbers at the edges too", () => {
  const raise = unit.call.raise as unknown as (exponent: bigint) => number;
  const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(256, 384, 512, 1024));
  const fill = fc.oneof(fc.constantFrom("ones", "zeros"), fc.constant("random"));
  const exponents = fc.constantFrom(3n, 5n, 17n, 65537n, 0x1ffffffffn, 0x1aaaaaaabn);
  const offsets = fc.constantFrom(0n, 1n, 2n, -1n, -2n);
  fc.assert(
    fc.property(size, fill, fill, exponents, offsets, (length, modulusFill, numberFill, exponent, offset) => {
      const modulus = filled(length, modulusFill);
      modulus[0]! |= 0x80;
      modulus[length - 1]! |= 1;
      const n = number(modulus);
      const x =
        numberFill === "random" ? number(randomBytes(length)) : numberFill === "ones" ? n + offset : 0n;
      if (x >> BigInt(8 * length)) return;
      unit.give(modulus);
      unit.call.setModulus!();
      unit.give(octets(x, length));
      const raised = raise(exponent) !== 0;
      expect(raised).toBe(x < n);
      if (raised) {
        expect(number(unit.octets(unit.call.output!(), length))).toBe(power(x, exponent, n));
      }
    }),
    { numRuns: 1500 },
  );
});

function filled(length: number, fill: string): Buffer {
  return fill === "random" ? randomBytes(length) : Buffer.alloc(length, fill === "ones" ? 0xff : 0);
}

test("random keys and signatures of any size do not trap, and none is valid", () => {
  const sizes = [0, 1, 4, 5, 127, 128, 129, 130, 131, 135, 140, 192, 256, 257, 1024, 1025];
  for (let i = 0; i < 10_000; i++) {
    const length = i % 5 === 0 ? sizes[i % sizes.length]! : 100 + (i % 120);
    const bits = setKey(randomBytes(length), randomBytes(i % 7));
    const signature = randomBytes(i % 3 === 0 ? (i * 7) % 300 : length);
    if (bits >= 0 && i % 2 === 0) signature[0] = 0;
    const algorithm = ALGORITHMS[i % 3]!;
    expect(verify("Pkcs1", algorithm, Buffer.alloc(0), signature)).toBe(false);
    expect(verify("Pss", algorithm, Buffer.alloc(0), signature)).toBe(false);
  }
});

test("keys are garbage like everything else: memory stays flat", () => {
  const { publicKey, privateKey } = makeKeyPairSync("rsa", { modulusLength: 2048 });
  const message = randomBytes(100);
  const signature = signPss("sha256", message, privateKey, 32);
  let before = 0;
  for (let i = 0; i < 3000; i++) {
    setPublicKey(publicKey);
    if (i === 1000) before = unit.memorySize();
    expect(verify("Pss", "sha256", message, signature)).toBe(true);
  }
  expect(unit.memorySize()).toBe(before);
});

interface Pkcs1Group {
  readonly publicKeyAsn: string;
  readonly tests: readonly (Vector & { readonly msg: string; readonly sig: string })[];
}

for (const [bits, algorithm] of [
  [2048, "sha256"],
  [3072, "sha384"],
  [4096, "sha512"],
] as const) {
  testWycheproof<Pkcs1Group>(`rsa_signature_${bits}_${algorithm}`, ({ publicKeyAsn, tests }) => {
    setPublicKey(createPublicKey({ key: Buffer.from(publicKeyAsn, "hex"), format: "der", type: "pkcs1" }));
    for (const { tcId, comment, msg, sig, result } of tests) {
      // The one "acceptable" encoding is a DigestInfo without NULL, which RFC 8017 allows verifiers to refuse.
      const valid = verify("Pkcs1", algorithm, Buffer.from(msg, "hex"), Buffer.from(sig, "hex"));
      expect(valid, `${tcId} ${comment}`).toBe(result === "valid");
    }
  });
}

interface PssGroup {
  readonly sLen: number;
  readonly publicKey: { readonly modulus: string; readonly publicExponent: string };
  readonly tests: readonly (Vector & { readonly msg: string; readonly sig: string })[];
}

for (const [bits, algorithm] of [
  [2048, "sha256"],
  [2048, "sha384"],
  [4096, "sha512"],
] as const) {
  const saltLength = DIGEST_LENGTHS[algorithm];
  testWycheproof<PssGroup>(
    `rsa_pss_${bits}_${algorithm}_mgf1_${saltLength}`,
    ({ sLen, publicKey, tests }) => {
      expect(sLen).toBe(saltLength);
      setKey(Buffer.from(publicKey.modulus, "hex"), Buffer.from(publicKey.publicExponent, "hex"));
      for (const { tcId, comment, msg, sig, result } of tests) {
        const valid = verify("Pss", algorithm, Buffer.from(msg, "hex"), Buffer.from(sig, "hex"));
        expect(valid, `${tcId} ${comment}`).toBe(result === "valid");
      }
    },
  );
}

function number(octets: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(octets).toString("hex")}`);
}

function octets(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex");
}

function power(x: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * x) % modulus;
  }
  return result;
}
