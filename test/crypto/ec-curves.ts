import { createECDH, createPublicKey, type KeyObject } from "node:crypto";

export interface CurveFacts {
  /** For node:crypto and in keys. */
  readonly name: string;
  /** In the vectors of Wycheproof. */
  readonly secName: string;
  readonly prime: bigint;
  readonly order: bigint;
  /** Octets of a coordinate. */
  readonly length: number;
  readonly limbs: number;
  /** The hash function that JSON Web Algorithms pair it with. */
  readonly hash: string;
}

/** In the order of `Curve`; the hash functions are in that of `HashFunction`. */
export const CURVES: readonly CurveFacts[] = [
  {
    name: "P-256",
    secName: "secp256r1",
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    order: 2n ** 256n - 2n ** 224n + 2n ** 192n - 0x4319055258e8617b0c46353d039cdaafn,
    length: 32,
    limbs: 9,
    hash: "sha256",
  },
  {
    name: "P-384",
    secName: "secp384r1",
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    order: 2n ** 384n - 0x389cb27e0bc8d220a7e5f24db74f58851313e695333ad68dn,
    length: 48,
    limbs: 14,
    hash: "sha384",
  },
  {
    name: "P-521",
    secName: "secp521r1",
    prime: 2n ** 521n - 1n,
    order: 2n ** 521n - 0x5ae79787c40d069948033feb708f65a2fc44a36477663b851449048e16ec79bf7n,
    length: 66,
    limbs: 18,
    hash: "sha512",
  },
];

/** The octets of a number, the most significant first. */
export function octetsOf(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex");
}

export function numberOf(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString("hex")}`);
}

/** x and y of `scalar` times the base point, one behind the other. */
export function multipleOfBase({ name, length }: CurveFacts, scalar: bigint): Buffer {
  const ecdh = createECDH({ "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" }[name]!);
  ecdh.setPrivateKey(octetsOf(scalar, length));
  return ecdh.getPublicKey().subarray(1);
}

/** A point with an x so small that x + p has the octets of a coordinate too. */
export function pointWithSmallX(curve: CurveFacts): { readonly x: bigint; readonly y: bigint } {
  const { prime, length } = curve;
  const base = multipleOfBase(curve, 1n);
  const [baseX, baseY] = [numberOf(base.subarray(0, length)), numberOf(base.subarray(length))];
  const b = baseY ** 2n - baseX ** 3n + 3n * baseX;
  for (let x = 0n; ; x++) {
    const square = modulo(x ** 3n - 3n * x + b, prime);
    const y = power(square, (prime + 1n) / 4n, prime);
    if (modulo(y ** 2n, prime) === square) return { x, y };
  }
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = modulo(result * result, modulus);
    if (bit === "1") result = modulo(result * base, modulus);
  }
  return result;
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** x and y of a key, one behind the other. */
export function coordinatesOf(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: "jwk" });
  return Buffer.concat([Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]);
}

/** The key of x and y, one behind the other. */
export function keyOf({ name, length }: CurveFacts, coordinates: Buffer): KeyObject {
  return createPublicKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: name,
      x: coordinates.subarray(0, length).toString("base64url"),
      y: coordinates.subarray(length).toString("base64url"),
    },
  });
}
