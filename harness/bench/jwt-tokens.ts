import { createHmac, sign, type KeyObject, type SignKeyObjectInput } from "node:crypto";
import { makeKeyPairSync } from "../key-pair.js";

/** Issuer of every token here. */
export const ISSUER = "https://issuer.example";
const DAY_SECONDS = 86_400;
/** More than any cache in these scenarios holds, so that each token is a new one when its turn comes again. */
export const DISTINCT_TOKENS = 3000;

/** Signs, and the public half as JWK. */
export interface Signer {
  readonly alg: string;
  readonly jwk: object;
  sign(input: Buffer): Buffer;
}

type Options = Omit<SignKeyObjectInput, "key">;

function keyPair(
  alg: string,
  hash: string | null,
  pair: { publicKey: KeyObject; privateKey: KeyObject },
  options: Options = {},
) {
  return {
    alg,
    jwk: { ...pair.publicKey.export({ format: "jwk" }), kid: "bench", alg },
    sign: (input: Buffer) => sign(hash, input, { key: pair.privateKey, ...options }),
  };
}

function rsa(alg: string, modulusLength: number): Signer {
  const pss: Options = alg.startsWith("PS") ? { padding: 6, saltLength: Number(alg.slice(2)) / 8 } : {};
  return keyPair(alg, `sha${alg.slice(2)}`, makeKeyPairSync("rsa", { modulusLength }), pss);
}

function ec(alg: string, namedCurve: string): Signer {
  const pair = makeKeyPairSync("ec", { namedCurve });
  return keyPair(alg, `sha${alg.slice(2)}`, pair, { dsaEncoding: "ieee-p1363" });
}

function hmac(alg: string): Signer {
  const secret = Buffer.alloc(64, "tremula bench secret");
  return {
    alg,
    jwk: { kty: "oct", k: secret.toString("base64url"), kid: "bench", alg },
    sign: (input) =>
      createHmac(`sha${alg.slice(2)}`, secret)
        .update(input)
        .digest(),
  };
}

/** Made when a scenario is first used: keys take their time. */
export const SIGNERS: Readonly<Record<string, () => Signer>> = {
  rs256: once(() => rsa("RS256", 2048)),
  "rs256-4096": once(() => rsa("RS256", 4096)),
  ps256: once(() => rsa("PS256", 2048)),
  es256: once(() => ec("ES256", "P-256")),
  es384: once(() => ec("ES384", "P-384")),
  es512: once(() => ec("ES512", "P-521")),
  eddsa: once(() => keyPair("EdDSA", null, makeKeyPairSync("ed25519"))),
  hs256: once(() => hmac("HS256")),
};

/** A token of about the size that identity providers give out. */
export function token(signer: Signer, user: number): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: signer.alg, kid: "bench", typ: "JWT" };
  const payload = {
    iss: ISSUER,
    sub: `user-${user}`,
    aud: ["bench"],
    iat: now,
    exp: now + DAY_SECONDS,
    email: `user-${user}@example.com`,
    groups: ["readers", "writers", "on-call"],
    scope: "openid profile email",
  };
  const signed = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${signer.sign(Buffer.from(signed)).toString("base64url")}`;
}

/** The value of the first call, again and again. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
