// Key sets of the JWT filter. Which keys the native filter tries was seen from its answers to tokens (1.40.0).
import { createHmac, type KeyObject, randomBytes, sign } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { hostVerification } from "./host-verification.js";
import {
  ALGORITHMS,
  base64url,
  CERTIFICATES,
  ED,
  type Jwk,
  loose,
  NUMBER,
  OCT,
  octets,
  P256,
  P384,
  P521,
  type Pair,
  pair,
  RSA,
  RSA_3,
  SECRET,
  set,
} from "./key-material.js";
import { DOCUMENTS } from "./key-set-documents.js";
import { MODE, VERIFIER } from "./modes.js";
import { loadUnit, type Unit } from "../unit-module.js";
import { makeKeyPairSync } from "../../harness/key-pair.js";

const calls = { count: 0 };
let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("jwt-keys", hostVerification(calls));
});

function parse(document: unknown, mode = MODE.strict, verifier = VERIFIER.auto, on = unit): number {
  on.give(typeof document === "string" ? document : JSON.stringify(document));
  return on.call.parse!(mode, verifier);
}

const problem = () => unit.text(unit.call.problem!());
const refusals = () => unit.text(unit.call.refusals!()).trim().split("\n");

/** What is wrong with a document, "" when it has keys. */
function problemOf(document: unknown, mode = MODE.envoy): string {
  const count = parse(document, mode);
  expect(count > 0).toBe(problem() === "");
  return problem();
}

function select(alg: string, kid?: string): string {
  unit.give(alg, 1);
  unit.give(kid ?? "", 2);
  return unit.text(unit.call.select!(kid === undefined ? 0 : 1)).slice(0, -1);
}

function names(alg: string, kid?: string): boolean {
  unit.give(alg, 1);
  unit.give(kid ?? "", 2);
  return unit.call.names!(kid === undefined ? 0 : 1) === 1;
}

function verify(alg: string, text: string, signature: Uint8Array, index = 0, on = unit): boolean {
  on.give(alg, 1);
  on.give(text, 2);
  on.give(signature, 3);
  return on.call.verify!(index) === 1;
}

function signed(alg: string, text: string, { key }: { key?: KeyObject } = keyFor(alg)): Buffer {
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith("HS")) return createHmac(hash, SECRET).update(text).digest();
  if (alg === "EdDSA") return sign(null, Buffer.from(text), key!);
  if (alg.startsWith("ES")) return sign(hash, Buffer.from(text), { key: key!, dsaEncoding: "ieee-p1363" });
  if (alg.startsWith("PS")) {
    return sign(hash, Buffer.from(text), { key: key!, padding: 6, saltLength: Number(alg.slice(2)) / 8 });
  }
  return sign(hash, Buffer.from(text), key!);
}

function keyFor(alg: string): { jwk: Jwk; key?: KeyObject } {
  if (alg.startsWith("HS")) return { jwk: OCT };
  if (alg === "EdDSA") return ED;
  return alg.startsWith("ES") ? { ES256: P256, ES384: P384, ES512: P521 }[alg]! : RSA;
}

describe("as the native filter reads key sets", () => {
  test.each(DOCUMENTS)("document %#", (document, expected) => {
    expect(problemOf(document), JSON.stringify(document)).toBe(expected);
  });
});

describe("strict mode", () => {
  const EVEN = /^Jwks RSA/;
  test.each<[string, Jwk, string | RegExp]>([
    ["a kid that is no string", { ...RSA.jwk, kid: 1 }, "kid is no string"],
    ["an alg that is no string", { ...RSA.jwk, alg: 1 }, "alg is no string"],
    ["an unknown alg", { ...RSA.jwk, alg: "RSxx" }, "alg is not supported"],
    ["use", { ...P256.jwk, use: "enc" }, 'use is not "sig"'],
    ["a use that is no string", { ...P256.jwk, use: 1 }, 'use is not "sig"'],
    ["key_ops", { ...ED.jwk, key_ops: ["encrypt", "sign"] }, 'key_ops has no "verify"'],
    ["key_ops that are no list", { ...ED.jwk, key_ops: "verify" }, 'key_ops has no "verify"'],
    ["a private RSA key", { ...RSA.key.export({ format: "jwk" }) }, "it is a private key"],
    ["a private EC key", { ...P256.key.export({ format: "jwk" }) }, "it is a private key"],
    ["a private Ed25519 key", { ...ED.key.export({ format: "jwk" }) }, "it is a private key"],
    [
      "2,047 bits",
      { ...RSA.jwk, n: base64url(Buffer.from([127]), Buffer.alloc(255, 255)) },
      /less than 2048 bits/,
    ],
    ["8,200 bits", { ...RSA.jwk, n: NUMBER(1025) }, "an RSA key of more than 8192 bits"],
    ["an even modulus", { ...RSA.jwk, n: base64url(Buffer.alloc(255, 255), Buffer.alloc(1)) }, EVEN],
    ["the exponent 1", { ...RSA.jwk, e: "AQ" }, EVEN],
    ["padding", { ...RSA.jwk, n: RSA.jwk.n + "==" }, EVEN],
    ["bits to spare", { ...RSA.jwk, n: loose(RSA.jwk.n) }, EVEN],
    ["a fingerprint", { ...RSA.jwk, n: rocaLike() }, "a weak RSA key (CVE-2017-15361)"],
    ["no crv", { ...P256.jwk, crv: undefined }, "crv is missing"],
    ["a coordinate too long", { ...P256.jwk, x: base64url(Buffer.alloc(1), octets(P256.jwk.x)) }, /^Jwks EC/],
    ["a point that is none", { ...P256.jwk, x: P256.jwk.y }, /^Jwks EC/],
    [
      "a small-order Ed25519 key",
      { ...ED.jwk, x: base64url(Buffer.alloc(32)) },
      "x is no point that a signer can have",
    ],
    [
      "a secret of 31 octets",
      { kty: "oct", k: base64url(randomBytes(31)) },
      "a secret shorter than the digest",
    ],
    [
      "a secret of 47 for HS384",
      { kty: "oct", alg: "HS384", k: base64url(randomBytes(47)) },
      /shorter than the digest/,
    ],
    [
      "a secret of 63 for HS512",
      { kty: "oct", alg: "HS512", k: base64url(randomBytes(63)) },
      /shorter than the digest/,
    ],
  ])("refuses %s, and the native filter's mode does not always", (_, jwk, expected) => {
    const reason = problemOf(set(jwk), MODE.strict);
    if (typeof expected === "string") expect(reason).toBe(expected);
    else expect(reason).toMatch(expected);
    // What else there is stays, and is found.
    expect(parse(set(jwk, { ...P384.jwk, kid: "good" }), MODE.strict)).toBe(1);
    expect(select("ES384", "good")).toBe("0");
    expect(refusals()).toHaveLength(1);
    expect(refusals()[0]).toBe(`key 0 is not used: ${reason}`);
  });

  test("takes what is as it should be", () => {
    const keys = [
      { ...RSA.jwk, use: "sig", key_ops: ["verify"], alg: "RS256", kid: "a" },
      { ...RSA_3.jwk, kid: "b" },
      { ...RSA.jwk, n: base64url(Buffer.alloc(1), octets(RSA.jwk.n)), kid: "c" },
      { ...P256.jwk, key_ops: ["encrypt", "verify"] },
      P384.jwk,
      P521.jwk,
      { ...ED.jwk, alg: "EdDSA" },
    ];
    expect(parse(set(...keys))).toBe(7);
    expect(parse(set(OCT, { ...OCT, alg: "HS512" }))).toBe(2);
    expect(parse({ a: CERTIFICATES.rsa })).toBe(1);
  });

  test("a short secret is for the digests that it is long enough for", () => {
    parse(set({ kty: "oct", k: base64url(randomBytes(48)) }));
    expect([select("HS256"), select("HS384"), select("HS512")]).toEqual(["0", "0", ""]);
    parse(set({ kty: "oct", k: "AA" }), MODE.envoy);
    expect([select("HS256"), select("HS384"), select("HS512")]).toEqual(["0", "0", "0"]);
  });

  test("a secret in a set with public keys is none", () => {
    expect(parse(set(OCT, P256.jwk, { ...OCT, kid: "b" }))).toBe(1);
    expect([select("HS256"), select("ES256")]).toEqual(["", "0"]);
    expect(refusals().sort()).toEqual([
      'a key (kid "b") is not used: a secret beside public keys',
      "a key is not used: a secret beside public keys",
    ]);
    expect(parse(set(OCT, P256.jwk), MODE.envoy)).toBe(2);
  });

  test("a key id says which key is meant", () => {
    const one = { ...RSA.jwk, kid: "a" };
    const other = { ...RSA_3.jwk, kid: "a" };
    expect(parse(set(one, other, { ...P256.jwk, kid: "b" }))).toBe(1);
    expect(refusals()).toEqual(Array(2).fill('a key (kid "a") is not used: another key has the same kid'));
    // The same key twice, another family, and algorithms that tell them apart.
    expect(parse(set(one, one))).toBe(2);
    expect(parse(set(one, { ...P256.jwk, kid: "a" }))).toBe(2);
    expect(parse(set({ ...one, alg: "RS256" }, { ...other, alg: "RS512" }))).toBe(2);
    expect(parse(set({ ...P256.jwk, kid: "a" }, { ...P384.jwk, kid: "a" }))).toBe(2);
    // Malformed it is still another key; for encryption it is no rival.
    expect(parse(set(one, { ...other, e: "!" }))).toBe(0);
    expect(parse(set(one, { ...other, use: "enc" }))).toBe(1);
    expect(parse(set(one, other), MODE.envoy)).toBe(2);
  });

  test("a certificate's key is held to the same rules", () => {
    parse({ "kid-1": CERTIFICATES.rsa });
    expect([select("RS256", "kid-1"), select("PS512"), select("RS256", "x"), select("ES256")]).toEqual([
      "0",
      "0",
      "",
      "",
    ]);
    expect(verify("RS256", CERTIFICATES.text, octets(CERTIFICATES.rs256))).toBe(true);
    expect(verify("RS256", CERTIFICATES.text + "x", octets(CERTIFICATES.rs256))).toBe(false);
  });

  test("logs what it does not use, with key ids that cannot forge a line", () => {
    parse(set({ kty: "X", kid: 'a"\nb\u0000é' + "c".repeat(100) }, P256.jwk));
    unit.log.length = 0;
    unit.call.logRefusals!();
    expect(unit.log).toEqual([
      `provider p: key 0 (kid "a??b???${"c".repeat(57)}…") is not used: [kty] is not supported in [keys]`,
    ]);
  });
});

describe("which keys are tried", () => {
  const KEYS: Readonly<Record<string, Jwk>> = {
    rsa: RSA.jwk,
    rs256: { ...RSA.jwk, alg: "RS256" },
    ps256: { ...RSA.jwk, alg: "PS256" },
    p256: P256.jwk,
    p384: P384.jwk,
    p521: P521.jwk,
    ed: ED.jwk,
    eddsa: { ...ED.jwk, alg: "EdDSA" },
    oct: OCT,
    hs256: { ...OCT, alg: "HS256" },
  };
  const FITTING: Readonly<Record<string, RegExp>> = {
    rsa: /^[RP]S/,
    rs256: /^RS256/,
    ps256: /^PS256/,
    p256: /^ES256/,
    p384: /^ES384/,
    p521: /^ES512/,
    ed: /^EdDSA/,
    eddsa: /^EdDSA/,
    oct: /^HS/,
    hs256: /^HS256/,
  };

  test.each(Object.entries(KEYS))("%s", (name, jwk) => {
    for (const mode of [MODE.strict, MODE.envoy]) {
      expect(parse(set(jwk), mode)).toBe(1);
      for (const alg of ALGORITHMS) {
        expect([alg, select(alg)]).toEqual([alg, FITTING[name]!.test(alg) ? "0" : ""]);
        // To the native filter the kind of key does not matter, only what it says.
        expect([alg, names(alg)]).toEqual([alg, jwk.alg === undefined || jwk.alg === alg]);
      }
    }
    for (const alg of ["none", "None", "rs256", "Ed25519", "ES256K", ""]) expect(select(alg)).toBe("");
  });

  test("by key id: of both, or of none", () => {
    parse(
      set(
        { ...RSA.jwk, kid: "a" },
        { ...RSA_3.jwk, kid: "b" },
        RSA.jwk,
        { ...RSA.jwk, kid: "" },
        { ...P256.jwk, kid: "a" },
      ),
    );
    expect(select("RS256")).toBe("0,1,2,3");
    expect(select("RS256", "")).toBe("0,1,2,3");
    expect(select("RS256", "a")).toBe("0,2,3");
    expect(select("RS256", "b")).toBe("1,2,3");
    expect(select("RS256", "c")).toBe("2,3");
    expect(select("RS256", "aa")).toBe("2,3");
    parse(set({ ...P256.jwk, kid: "a" }, { ...RSA.jwk, kid: "b" }));
    expect([names("RS256", "a"), names("RS256", "b"), names("RS256", "1")]).toEqual([true, true, false]);
  });
});

describe.each(Object.entries(VERIFIER))("verifier %s", (name, verifier) => {
  test.each(ALGORITHMS)("%s", (alg) => {
    parse(set(keyFor(alg).jwk), MODE.strict, verifier);
    const text = "header.payload".repeat(20);
    const signature = signed(alg, text);
    calls.count = 0;
    expect(verify(alg, text, signature)).toBe(true);
    const byHost = { auto: /^RS/, host: /^(RS|ES)/, own: /^$/ }[name];
    expect(calls.count).toBe(byHost?.test(alg) ? 1 : 0);
    expect(verify(alg, text + "x", signature)).toBe(false);
    expect(verify(alg, text, signature.subarray(1))).toBe(false);
    expect(verify(alg, text, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
    expect(verify(alg, text, new Uint8Array(0))).toBe(false);
    expect(verify(alg, text, new Uint8Array(signature.length))).toBe(false);
    for (const octet of [0, signature.length >> 1, signature.length - 1]) {
      const changed = Buffer.from(signature);
      changed[octet]! ^= 1;
      expect(verify(alg, text, changed)).toBe(false);
    }
    for (const other of ALGORITHMS) if (other !== alg) expect(verify(other, text, signature)).toBe(false);
  });

  test("an exponent of 3", () => {
    parse(set(RSA_3.jwk), MODE.strict, verifier);
    for (const alg of ["RS256", "PS384"]) expect(verify(alg, "a.b", signed(alg, "a.b", RSA_3))).toBe(true);
  });

  test("numbers with zeros before them are no signature of a token", () => {
    parse(set(P256.jwk), MODE.strict, verifier);
    const signature = signed("ES256", "a.b");
    const zero = Buffer.alloc(1);
    const wider = Buffer.concat([zero, signature.subarray(0, 32), zero, signature.subarray(32)]);
    expect(verify("ES256", "a.b", signature)).toBe(true);
    expect(verify("ES256", "a.b", wider)).toBe(false);
  });

  test("a DER signature is no signature of a token", () => {
    parse(set(P256.jwk), MODE.strict, verifier);
    expect(verify("ES256", "a.b", sign("sha256", Buffer.from("a.b"), P256.key))).toBe(false);
  });

  test("a coordinate without its zeros, in the native filter's mode", () => {
    const short = shortPoint();
    const lean = { ...short.jwk, x: base64url(octets(short.jwk.x).subarray(1)) };
    expect(parse(set(lean), MODE.strict, verifier)).toBe(0);
    expect(parse(set(lean), MODE.envoy, verifier)).toBe(1);
    expect(verify("ES256", "a.b", signed("ES256", "a.b", short)), name).toBe(true);
  });
});

test("RSA keys that only the host can do", () => {
  const small = pair(makeKeyPairSync("rsa", { modulusLength: 768 }));
  const signature = signed("RS256", "a.b", small);
  parse(set(small.jwk), MODE.envoy, VERIFIER.auto);
  expect(verify("RS256", "a.b", signature)).toBe(true);
  expect(verify("PS256", "a.b", signed("PS256", "a.b", small))).toBe(false);
  parse(set(small.jwk), MODE.envoy, VERIFIER.own);
  expect(verify("RS256", "a.b", signature)).toBe(false);
});

test("a host without the function is asked once", async () => {
  const asked: string[] = [];
  const other = await loadUnit("jwt-keys", {
    proxy_call_foreign_function: (memory, _, name, size) => {
      asked.push(Buffer.from(memory.buffer, name, size).toString());
      return 1;
    },
  });
  parse(set(RSA.jwk, P256.jwk), MODE.strict, VERIFIER.host, other);
  for (let i = 0; i < 3; i++) expect(verify("RS256", "a.b", signed("RS256", "a.b"), 0, other)).toBe(true);
  expect(verify("ES256", "a.b", signed("ES256", "a.b"), 1, other)).toBe(true);
  expect(verify("ES256", "a.c", signed("ES256", "a.b"), 1, other)).toBe(false);
  expect(asked).toEqual(["verify_signature"]);
});

test("256 keys, and no more; 4 MiB, and no more", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ ...OCT, kid: `k${i}` }));
  expect(parse(set(...many(256)))).toBe(256);
  expect(problemOf(set(...many(257)))).toBe("Jwks has more than 256 keys");
  const padded = (size: number) => JSON.stringify(set(OCT)).padEnd(size);
  expect(parse(padded(4_194_304))).toBe(1);
  expect(problemOf(padded(4_194_305))).toBe("Jwks is an invalid JSON");
});

/** A modulus that is a power of 65537 modulo each of the primes that tell: 65537 itself, grown by their product. */
function rocaLike(): string {
  const product = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
    .map(BigInt)
    .reduce((a, b) => a * b);
  let number = 65537n + product * ((1n << 2047n) / product + 1n);
  if ((number & 1n) === 0n) number += product;
  return Buffer.from(number.toString(16), "hex").toString("base64url");
}

/** A key whose x begins with a zero octet: one in 256. */
function shortPoint(): Pair {
  for (;;) {
    const found = pair(makeKeyPairSync("ec", { namedCurve: "P-256" }));
    if (octets(found.jwk.x)[0] === 0) return found;
  }
}
