import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

type KeyType = "rsa" | "rsa-pss" | "ec" | "ed25519" | "ed448";

const PEM = {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
} as const;

/**
 * Makes a key pair, by way of PEM. Node 20 may wait for itself for ever when a key that it has just generated is exported as
 * JWK: the export holds the key's lock, and a garbage collection in the middle of it ends the job that generated the key,
 * which asks for the same lock (seen on 20.20 with RSA keys).
 *
 * @param options as for `generateKeyPair`
 */
export async function makeKeyPair(type: KeyType, options: object = {}): Promise<KeyPair> {
  const pem = await promisify(generateKeyPair)(type as "rsa", { ...options, ...PEM } as never);
  return pairOf((pem as unknown as { privateKey: string }).privateKey);
}

/** The same, at once. */
export function makeKeyPairSync(type: KeyType, options: object = {}): KeyPair {
  const pem = generateKeyPairSync(type as "rsa", { ...options, ...PEM } as never);
  return pairOf((pem as unknown as { privateKey: string }).privateKey);
}

function pairOf(pem: string): KeyPair {
  const privateKey = createPrivateKey(pem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
