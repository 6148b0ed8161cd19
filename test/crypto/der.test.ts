import fc from "fast-check";
import { sign, verify, type KeyObject } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import { coordinatesOf, CURVES } from "./ec-curves.js";
import { makeKeyPairSync } from "../../harness/key-pair.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("der");
});

function made(address: number): Buffer | null {
  return address === 0 ? null : Buffer.from(unit.octets(address, unit.call.size!()));
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/** A SubjectPublicKeyInfo for a modulus and an exponent. */
function rsaSpki(n: Uint8Array, e: Uint8Array): Buffer | null {
  unit.give(Buffer.concat([n, e]));
  return made(unit.call.rsa!(n.length));
}

function ecdsaDer(signature: Uint8Array): Buffer | null {
  unit.give(signature);
  return made(unit.call.signature!());
}

describe("keys come out as node:crypto writes them", () => {
  test.each([512, 1024, 1031, 2048])("RSA of %d bits", (modulusLength) => {
    for (const publicExponent of [3, 65537, 0x80000001]) {
      const { publicKey } = makeKeyPairSync("rsa", { modulusLength, publicExponent });
      const { n, e } = publicKey.export({ format: "jwk" });
      const [modulus, exponent] = [Buffer.from(n!, "base64url"), Buffer.from(e!, "base64url")];
      expect(rsaSpki(modulus, exponent)).toEqual(spkiOf(publicKey));
      const zeros = Buffer.alloc(3);
      expect(rsaSpki(Buffer.concat([zeros, modulus]), Buffer.concat([zeros, exponent]))).toEqual(
        spkiOf(publicKey),
      );
    }
  });

  test.each(CURVES.map(({ name }, index) => ({ name, index })))("$name", ({ name, index }) => {
    const { publicKey } = makeKeyPairSync("ec", { namedCurve: name });
    unit.give(coordinatesOf(publicKey));
    expect(made(unit.call.ec!(index))).toEqual(spkiOf(publicKey));
  });
});

test("a modulus of any length has the length that DER gives it", () => {
  for (const length of [
    1, 90, 91, 92, 120, 127, 128, 129, 200, 255, 256, 257, 1000, 65500, 65535, 65536, 70000,
  ]) {
    const n = Buffer.alloc(length, 0x55);
    const e = Buffer.of(3);
    const numbers = element(0x30, integer(n), integer(e));
    const algorithm = Buffer.from("300d06092a864886f70d0101010500", "hex");
    const expected = element(0x30, algorithm, element(0x03, Buffer.of(0), numbers));
    expect(rsaSpki(n, e)!.equals(expected), `${length} octets`).toBe(true);
  }
});

test("numbers of no octets, or of zeros, are zero", () => {
  const zero = Buffer.of(2, 1, 0);
  expect(rsaSpki(Buffer.alloc(0), Buffer.alloc(0))!.subarray(-6)).toEqual(Buffer.concat([zero, zero]));
  expect(rsaSpki(Buffer.alloc(9), Buffer.alloc(1))!.subarray(-6)).toEqual(Buffer.concat([zero, zero]));
});

describe("signatures", () => {
  test.each(CURVES.map((curve) => ({ name: curve.name, curve })))(
    "of $name verify in the form of DER",
    ({ curve }) => {
      const { publicKey, privateKey } = makeKeyPairSync("ec", { namedCurve: curve.name });
      for (let i = 0; i < 300; i++) {
        const message = Buffer.from(`message ${i}`);
        const signature = sign(curve.hash, message, { key: privateKey, dsaEncoding: "ieee-p1363" });
        expect(
          verify(curve.hash, message, { key: publicKey, dsaEncoding: "der" }, ecdsaDer(signature)!),
        ).toBe(true);
      }
    },
  );

  test("have their numbers without needless zeros, and with the zero that a high bit needs", () => {
    const octet = fc.oneof(fc.constantFrom(0, 0, 0, 1, 0x7f, 0x80, 0xff), fc.nat(255));
    const pairs = fc
      .integer({ min: 1, max: 66 })
      .chain((length) => fc.tuple(numberOfOctets(length, octet), numberOfOctets(length, octet)));
    fc.assert(
      fc.property(pairs, ([r, s]) => {
        expect(ecdsaDer(Buffer.concat([r, s]))).toEqual(element(0x30, integer(r), integer(s)));
      }),
      { numRuns: 5000 },
    );
  });

  test("of an odd number of octets, none, or too many are none", () => {
    for (let length = 0; length < 300; length++) {
      const isSignature = length > 0 && length % 2 === 0 && length <= 132;
      expect(ecdsaDer(Buffer.alloc(length, 0xff)) !== null, `${length} octets`).toBe(isSignature);
    }
  });

  test("take no memory", () => {
    const signature = Buffer.alloc(132, 0xff);
    ecdsaDer(signature);
    const before = unit.memorySize();
    for (let i = 0; i < 20_000; i++) unit.call.signature!();
    expect(unit.memorySize()).toBe(before);
  });
});

function numberOfOctets(length: number, octet: fc.Arbitrary<number>): fc.Arbitrary<Uint8Array> {
  return fc.array(octet, { minLength: length, maxLength: length }).map((octets) => Uint8Array.from(octets));
}

/** What X.690 says, put down as simply as can be. */
function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const contents = Buffer.concat(parts);
  let digits = contents.length.toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  const length = Buffer.from(digits, "hex");
  const header = contents.length < 128 ? [length] : [Buffer.of(0x80 | length.length), length];
  return Buffer.concat([Buffer.of(tag), ...header, contents]);
}

function integer(octets: Uint8Array): Buffer {
  const significant = octets.findIndex((octet) => octet !== 0);
  const rest = significant < 0 ? Buffer.of(0) : Buffer.from(octets.subarray(significant));
  return element(0x02, rest[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), rest]) : rest);
}
