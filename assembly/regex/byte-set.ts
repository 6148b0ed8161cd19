// SPDX-License-Identifier: Apache-2.0

// A set of octets is 256 bits at an address: 32 octets, the lowest bit first. Envoy compiles its expressions with RE2's
// Latin-1 option (shown on 1.40.0: `.` matches any octet but the line break, \x{100} is refused), so an octet is what RE2
// calls a character, and a set of 256 is every class there is.

/** Octets of a set. */
export const SET_SIZE: usize = 32;

// @ts-ignore: decorator
@inline
export function setHas(set: usize, octet: u32): bool {
  const bit = octet & 7;
  return ((load<u8>(set + (octet >> 3)) >> (<u8>bit)) & 1) != 0;
}

export function clearSet(set: usize): void {
  memory.fill(set, 0, SET_SIZE);
}

export function addOctet(set: usize, octet: u32): void {
  const at = set + (octet >> 3);
  const bit = octet & 7;
  store<u8>(at, <u8>(load<u8>(at) | (1 << (<u8>bit))));
}

/** Adds the octets from `first` to `last`, both included. */
export function addRange(set: usize, first: u32, last: u32): void {
  for (let octet = first; octet <= last; octet++) addOctet(set, octet);
}

export function addSet(set: usize, other: usize): void {
  for (let i: usize = 0; i < SET_SIZE; i += 8) store<u64>(set + i, load<u64>(set + i) | load<u64>(other + i));
}

export function negateSet(set: usize): void {
  for (let i: usize = 0; i < SET_SIZE; i += 8) store<u64>(set + i, ~load<u64>(set + i));
}

export function equalSets(a: usize, b: usize): bool {
  for (let i: usize = 0; i < SET_SIZE; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  return true;
}

/** The same letter in the other case, or the octet itself. ASCII only, as RE2 does with its Latin-1 option. */
export function otherCase(octet: u32): u32 {
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? octet ^ 0x20 : octet;
}

/** Adds to each letter of a set its other case. */
export function foldSet(set: usize): void {
  for (let octet: u32 = 0; octet < 256; octet++) if (setHas(set, octet)) addOctet(set, otherCase(octet));
}

/** A word character as `\w` and `\b` mean it. */
export function isWordOctet(octet: u32): bool {
  const letter = octet | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet == 0x5f;
}
