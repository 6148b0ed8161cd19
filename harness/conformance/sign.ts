import { constants, createHmac, type KeyObject, sign } from "node:crypto";
import { CompactSign } from "jose";
import type { Key } from "./keys.js";

const STANDARD = /^((RS|PS|ES|HS)(256|384|512)|EdDSA)$/;
const MIN_RSA_BITS = 2048;

/**
 * Signs as `jose` does, an implementation that is not ours; null when that refuses to: for weak keys, unknown algorithms and
 * headers that it would act on.
 */
export async function signWithJose(
  header: Record<string, unknown>,
  payload: Buffer,
  key: Key,
): Promise<string | null> {
  const { alg } = header;
  const odd = "crit" in header || "b64" in header || typeof alg !== "string" || !STANDARD.test(alg);
  if (odd || key.signing === null || family(alg) !== family(key.alg)) return null;
  const bits = Buffer.isBuffer(key.signing)
    ? 0
    : (key.signing.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS);
  const weak = Buffer.isBuffer(key.signing) ? key.signing.length < 32 : bits < MIN_RSA_BITS;
  const ownCurve = !alg.startsWith("ES") || alg === key.alg;
  if (weak || !ownCurve || (alg === "EdDSA" && key.publicJwk["crv"] === "Ed448")) return null;
  return new CompactSign(payload).setProtectedHeader({ ...header, alg }).sign(key.signing);
}

function family(alg: string): string {
  return alg.startsWith("PS") ? "RS" : alg.slice(0, 2);
}

/** How a signature is made besides what its algorithm says. */
export interface SignatureForm {
  /** ECDSA as a DER sequence instead of two numbers side by side. */
  readonly der?: boolean | undefined;
  /** ECDSA with the other of the two values of s that verify. */
  readonly highS?: boolean | undefined;
}

/** Signs octets with what the key can do for this algorithm, whatever the name says. */
export function signOctets(alg: string, octets: Buffer, key: Key, form: SignatureForm = {}): Buffer {
  const { signing } = key;
  if (signing === null) throw new Error(`key ${key.name} has no private half`);
  const hash = `sha${/(256|384|512)$/.exec(alg)?.[0] ?? /(256|384|512)$/.exec(key.alg)?.[0] ?? "256"}`;
  if (Buffer.isBuffer(signing)) return createHmac(hash, signing).update(octets).digest();
  const type = signing.asymmetricKeyType;
  if (type === "ec") return ecdsa(hash, octets, signing, form);
  if (type !== "rsa") return sign(null, octets, signing);
  if (!alg.startsWith("PS")) return sign(hash, octets, signing);
  return sign(hash, octets, {
    key: signing,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  });
}

function ecdsa(hash: string, octets: Buffer, key: KeyObject, form: SignatureForm): Buffer {
  const flat = sign(hash, octets, { key, dsaEncoding: "ieee-p1363" });
  const half = flat.length / 2;
  const [r, s] = [flat.subarray(0, half), form.highS ? highS(flat.subarray(half), key) : flat.subarray(half)];
  if (!form.der) return Buffer.concat([r, s]);
  const numbers = Buffer.concat([derInteger(r), derInteger(s)]);
  const length = numbers.length < 0x80 ? [numbers.length] : [0x81, numbers.length];
  return Buffer.concat([Buffer.from([0x30, ...length]), numbers]);
}

/** The orders of the curves' groups in hexadecimal (FIPS 186-5, SEC 2). */
const ORDERS: Readonly<Record<string, string>> = {
  prime256v1: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  secp384r1: `${"f".repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`,
  secp521r1: `1${"f".repeat(64)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
  secp256k1: `${"f".repeat(31)}ebaaedce6af48a03bbfd25e8cd0364141`,
};

function highS(s: Buffer, key: KeyObject): Buffer {
  const order = ORDERS[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (order === undefined) throw new Error("highS: a curve whose order is not known");
  const n = BigInt(`0x${order}`);
  const low = BigInt(`0x${s.toString("hex")}`);
  const high = low * 2n > n ? low : n - low;
  return Buffer.from(high.toString(16).padStart(2 * s.length, "0"), "hex");
}

function derInteger(number: Buffer): Buffer {
  let from = 0;
  while (from < number.length - 1 && number[from] === 0) from += 1;
  const digits = number.subarray(from);
  const positive = (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.from([0]), digits]);
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}
