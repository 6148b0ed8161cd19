// Keys for the tests of key sets, made anew for each run, and octets of theirs changed.
import { type KeyObject, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { makeKeyPairSync } from "../../harness/key-pair.js";

export type Jwk = Readonly<Record<string, unknown>>;

export interface Pair {
  readonly jwk: Jwk & { readonly x: string; readonly y: string; readonly n: string };
  readonly key: KeyObject;
}

export function pair({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): Pair {
  return { jwk: publicKey.export({ format: "jwk" }) as Pair["jwk"], key: privateKey };
}

export const RSA = pair(makeKeyPairSync("rsa", { modulusLength: 2048 }));
export const RSA_3 = pair(makeKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 3 }));
export const P256 = pair(makeKeyPairSync("ec", { namedCurve: "P-256" }));
export const P384 = pair(makeKeyPairSync("ec", { namedCurve: "P-384" }));
export const P521 = pair(makeKeyPairSync("ec", { namedCurve: "P-521" }));
export const ED = pair(makeKeyPairSync("ed25519"));
export const SECRET = randomBytes(64);
export const OCT = { kty: "oct", k: SECRET.toString("base64url") };
export const ALGORITHMS =
  "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA HS256 HS384 HS512".split(" ");
export const CERTIFICATES = JSON.parse(
  readFileSync(new URL("../fixtures/jwt/certificates.json", import.meta.url), "utf8"),
) as Readonly<Record<"rsa" | "ec" | "text" | "rs256", string>>;

/** The same number, base64url, changed. */
export const octets = (text: string) => Buffer.from(text, "base64url");
export const base64url = (...parts: Uint8Array[]) => Buffer.concat(parts).toString("base64url");
export const NUMBER = (length: number) => base64url(Buffer.alloc(length, 255));
/** With bits to spare that are not zero. */
export const loose = (text: string) => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return text.slice(0, -1) + letters[letters.indexOf(text.at(-1)) ^ 1];
};

export const set = (...keys: unknown[]) => ({ keys });
