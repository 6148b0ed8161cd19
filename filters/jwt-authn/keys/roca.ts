// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

/** Primes that tell: 65537 makes only part of the numbers modulo each. */
// prettier-ignore
const PRIMES: StaticArray<u32> = [
  11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
];

const GENERATOR: u32 = 65537;

/**
 * Whether an RSA modulus has the fingerprint of the keys that CVE-2017-15361 lets be factored: modulo each of these primes
 * it is a power of 65537 (M. Nemec et al., "The Return of Coppersmith's Attack", 2017, section 4). About one modulus in a
 * hundred million has it by chance.
 */
export function hasRocaFingerprint(modulus: Bytes): bool {
  for (let i = 0; i < PRIMES.length; i++) {
    const prime = unchecked(PRIMES[i]);
    if (!isPower(remainder(modulus, prime), prime)) return false;
  }
  return true;
}

function isPower(value: u32, prime: u32): bool {
  let power: u32 = 1;
  for (let i: u32 = 0; i < prime; i++) {
    if (power == value) return true;
    power = (power * GENERATOR) % prime;
  }
  return false;
}

function remainder(number: Bytes, prime: u32): u32 {
  let rest: u32 = 0;
  for (let at = number.ptr, end = number.ptr + <usize>number.length; at < end; at++) {
    rest = ((rest << 8) | load<u8>(at)) % prime;
  }
  return rest;
}
