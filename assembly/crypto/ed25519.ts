// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { sameOctets } from "../text/octets";
import { MAX_DIGITS, recodeScalar } from "./ec-comb";
import { COMB_COLUMNS, EdwardsTable } from "./ed25519-table";
import {
  addPrepared,
  decode,
  double,
  encode,
  fromAffine,
  isNeutral,
  POINT,
  PREPARED,
  prepare,
  setNeutral,
} from "./edwards25519";
import { compareLimbs, copyLimbs, LIMB_BITS, readLittleEndian } from "./field-limbs";
import { Modulus } from "./field-modulus";
import { ELEMENT, LIMBS } from "./field25519";
import { hasherOf, HashFunction } from "./hash";

const KEY_LENGTH: i32 = 32;
const SIGNATURE_LENGTH: i32 = 64;

/**
 * A public key of Ed25519 (RFC 8032), for `EdDSA` in JSON Web Tokens (RFC 8037).
 *
 * Strict where RFC 8032 leaves a choice, so that a signature is valid here and everywhere or not at all:
 *
 * - S is below the order L, and the key and R are the canonical encodings of points.
 * - The equation is the one without cofactor, SB = R + kA, as in BoringSSL, OpenSSL and Go.
 * - A key that is not a multiple of the base point is refused. No signer has such a key; with one of small order, anybody
 *   can sign, and with one that has a part of small order, libraries disagree about signatures.
 */
@final
export class Ed25519PublicKey {
  private table: EdwardsTable | null = null;

  private constructor(private readonly key: Bytes) {}

  /** The key that 32 octets are, or null for others and for what is refused (see above). Takes about 0.2 ms. */
  static from(key: Bytes): Ed25519PublicKey | null {
    if (key.length != KEY_LENGTH || !decode(affine, key.ptr) || !hasPrimeOrder(affine)) return null;
    return new Ed25519PublicKey(key.copy());
  }

  /**
   * Whether `signature`, 64 octets, is this key's for `message`. Allocates nothing but on the first call, which makes the
   * table of the key (27 KiB, about 0.3 ms).
   */
  verify(message: Bytes, signature: Bytes): bool {
    if (signature.length != SIGNATURE_LENGTH) return false;
    const s = signature.ptr + 32;
    readLittleEndian(scalar, LIMBS, s, 32);
    if (compareLimbs(scalar, order.value, LIMBS) >= 0) return false;
    const isOppositeS = recodeScalar(digitsOfS, COMB_COLUMNS, scalar, order);
    this.challenge(message, signature);
    const isOppositeK = recodeScalar(digitsOfK, COMB_COLUMNS, scalar, order);
    const keyTable = this.preparedTable();
    const baseTable = tableOfBase();
    setNeutral(point);
    for (let column = COMB_COLUMNS - 1; column >= 0; column--) {
      double(point);
      const digits = (<usize>column) << 1;
      baseTable.addColumn(point, digitsOfS + digits, isOppositeS);
      keyTable.addColumn(point, digitsOfK + digits, !isOppositeK);
    }
    encode(encoded, point);
    return sameOctets(encoded, signature.ptr, 32);
  }

  /** k = SHA-512(R, A, message) modulo L, into `scalar`. */
  private challenge(message: Bytes, signature: Bytes): void {
    const hasher = hasherOf(HashFunction.Sha512);
    hasher.update(signature.ptr, 32);
    hasher.update(this.key.ptr, KEY_LENGTH);
    hasher.update(message.ptr, message.length);
    hasher.finish(digest);
    readLittleEndian(wide, 2 * LIMBS, digest, 64);
    order.reduceWide(scalar, wide);
  }

  private preparedTable(): EdwardsTable {
    let table = this.table;
    if (table === null) {
      decode(affine, this.key.ptr);
      table = new EdwardsTable(affine);
      this.table = table;
    }
    return table;
  }
}

/** L, the order of the base point. */
const order = new Modulus("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed", LIMBS);

/** The base point has y = 4/5 and an even x. */
const BASE: usize = memory.data<u8>([
  0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
  0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
]);
let baseTable: EdwardsTable | null = null;

const scalar: usize = memory.data(ELEMENT, 8);
const wide: usize = memory.data(2 * ELEMENT, 8);
const digest: usize = memory.data(64, 8);
const encoded: usize = memory.data(32, 8);
const affine: usize = memory.data(2 * ELEMENT, 8);
const entry: usize = memory.data(PREPARED, 8);
const point: usize = memory.data(POINT, 8);
const digitsOfS: usize = memory.data(MAX_DIGITS, 8);
const digitsOfK: usize = memory.data(MAX_DIGITS, 8);

function tableOfBase(): EdwardsTable {
  let table = baseTable;
  if (table === null) {
    decode(affine, BASE);
    table = new EdwardsTable(affine);
    baseTable = table;
  }
  return table;
}

/** Whether L times the point is the neutral one, and the point is not. */
function hasPrimeOrder(affine: usize): bool {
  fromAffine(point, affine);
  if (isNeutral(point)) return false;
  copyLimbs(entry, affine, 2 * LIMBS);
  prepare(entry);
  for (let bit = 251; bit >= 0; bit--) {
    double(point);
    const limb = load<i32>(order.value + ((<usize>(bit / LIMB_BITS)) << 2));
    const shift = bit % LIMB_BITS;
    if (((limb >> shift) & 1) != 0) addPrepared(point, entry, false);
  }
  return isNeutral(point);
}
