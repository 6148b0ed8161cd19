import { createHmac, createPublicKey, sign, type KeyObject } from "node:crypto";
import { makeKeyPairSync } from "../../../harness/key-pair.js";

/** A key that signs by any algorithm its type can, whatever a token's header says. */
export interface FuzzKey {
  readonly name: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  /** The first one is the usual one. */
  readonly algs: readonly string[];
  sign(alg: string, input: Buffer): Buffer;
}

function asymmetric(name: string, algs: readonly string[], privateKey: KeyObject): FuzzKey {
  return {
    name,
    algs,
    jwk: {
      ...createPublicKey(privateKey).export({ format: "jwk" }),
      // Without it the native filter tries the key with tokens of every algorithm, and stops at it because of their
      // signatures' length. Ours chooses keys by their kind.
      ...(algs[0] === "EdDSA" && { alg: "EdDSA" }),
    },
    sign(wanted, input) {
      const alg = algs.includes(wanted) ? wanted : algs[0]!;
      const hash = `sha${alg.slice(2)}`;
      if (alg === "EdDSA") return sign(null, input, privateKey);
      if (alg.startsWith("PS"))
        return sign(hash, input, { key: privateKey, padding: 6, saltLength: Number(alg.slice(2)) / 8 });
      return sign(hash, input, { key: privateKey, dsaEncoding: "ieee-p1363" });
    },
  };
}

function secret(name: string, text: string): FuzzKey {
  return {
    name,
    algs: ["HS256", "HS384", "HS512"],
    jwk: { kty: "oct", k: Buffer.from(text).toString("base64url") },
    sign: (alg, input) =>
      createHmac(`sha${/^HS(256|384|512)$/.test(alg) ? alg.slice(2) : "256"}`, text)
        .update(input)
        .digest(),
  };
}

const rsaAlgs = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

export const KEYS: readonly FuzzKey[] = [
  asymmetric("rsa", rsaAlgs, makeKeyPairSync("rsa", { modulusLength: 2048 }).privateKey),
  asymmetric("rsa2", rsaAlgs, makeKeyPairSync("rsa", { modulusLength: 2048 }).privateKey),
  asymmetric("p256", ["ES256"], makeKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
  asymmetric("p384", ["ES384"], makeKeyPairSync("ec", { namedCurve: "P-384" }).privateKey),
  asymmetric("p521", ["ES512"], makeKeyPairSync("ec", { namedCurve: "P-521" }).privateKey),
  asymmetric("ed", ["EdDSA"], makeKeyPairSync("ed25519").privateKey),
  secret("hs", "a secret of more than sixty-four octets, so that it fits every hash function there is"),
];

export function keyNamed(name: string): FuzzKey {
  const key = KEYS.find((one) => one.name === name);
  if (key === undefined) throw new Error(`no key ${name}`);
  return key;
}
