// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { BIT_STRING, elementSize, integerSize, SEQUENCE, writeHeader, writeInteger } from "./der";
import { Curve } from "./ec-curve";

// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): the form in which hosts take public keys. For configuration, so it
// allocates.

/** `rsaEncryption` and its parameters, NULL (RFC 3279 section 2.3.1). */
const RSA: usize = memory.data<u8>([
  0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
]);
// `id-ecPublicKey` and its parameters, the name of the curve (RFC 5480 section 2.1.1).
const EC_P256: usize = memory.data<u8>([
  0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
  0x03, 0x01, 0x07,
]);
const EC_P384: usize = memory.data<u8>([
  0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
]);
const EC_P521: usize = memory.data<u8>([
  0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23,
]);

const UNCOMPRESSED: u8 = 0x04;

/**
 * An RSA key.
 *
 * @param n the modulus and
 * @param e the exponent, the most significant octet first, with or without leading zeros
 */
export function rsaSpki(n: Bytes, e: Bytes): Bytes {
  const numbers = integerSize(n.ptr, n.length) + integerSize(e.ptr, e.length);
  const bits = 1 + elementSize(numbers);
  const contents = algorithmSize(RSA) + elementSize(bits);
  const spki = Bytes.uninitialized(elementSize(contents));
  let at = writeHeader(spki.ptr, SEQUENCE, contents);
  at = writeAlgorithmAndBits(at, RSA, bits);
  at = writeHeader(at, SEQUENCE, numbers);
  at = writeInteger(at, n.ptr, n.length);
  writeInteger(at, e.ptr, e.length);
  return spki;
}

/** A key of an elliptic curve, whose coordinates have the length that the curve demands. */
export function ecSpki(curve: Curve, x: Bytes, y: Bytes): Bytes {
  const algorithm = curve == Curve.P256 ? EC_P256 : curve == Curve.P384 ? EC_P384 : EC_P521;
  const bits = 2 + x.length + y.length;
  const contents = algorithmSize(algorithm) + elementSize(bits);
  const spki = Bytes.uninitialized(elementSize(contents));
  let at = writeHeader(spki.ptr, SEQUENCE, contents);
  at = writeAlgorithmAndBits(at, algorithm, bits);
  store<u8>(at, UNCOMPRESSED);
  at++;
  memory.copy(at, x.ptr, <usize>x.length);
  memory.copy(at + <usize>x.length, y.ptr, <usize>y.length);
  return spki;
}

/** Octets of an AlgorithmIdentifier as it stands above. */
function algorithmSize(algorithm: usize): i32 {
  return 2 + <i32>load<u8>(algorithm, 1);
}

/** Writes the algorithm and the beginning of a BIT STRING with no unused bits; returns where the bits go. */
function writeAlgorithmAndBits(at: usize, algorithm: usize, bits: i32): usize {
  const size = <usize>algorithmSize(algorithm);
  memory.copy(at, algorithm, size);
  at = writeHeader(at + size, BIT_STRING, bits);
  store<u8>(at, 0);
  return at + 1;
}
