// SPDX-License-Identifier: Apache-2.0
import { hashOctets } from "tremula/assembly/text/octets";

/** Which octets of a value are looked up in a table. */
export enum TextEnd {
  /** All of them. */
  Whole,
  /** As many from the start as a key has. */
  Start,
  /** As many from the end as a key has. */
  Finish,
  /** As many as a key has, from any octet on. */
  Anywhere,
}

const SEED: u64 = 0xcbf29ce484222325;
const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;

/** The state of a hash that takes one octet after the other, so that all starts of a text cost one walk. */
// @ts-ignore: decorator
@inline
export function hashSeed(): u64 {
  return SEED;
}

// @ts-ignore: decorator
@inline
export function hashStep(state: u64, octet: u32): u64 {
  return (state ^ (<u64>octet)) * MULTIPLIER;
}

/** A step with 64 bits at once. */
// @ts-ignore: decorator
@inline
export function hashWord(state: u64, word: u64): u64 {
  const product = (state ^ word) * MULTIPLIER;
  return product ^ (product >> 32);
}

/** The hash of the octets so far. A product's low bits depend on few bits below them, so the high ones are taken. */
// @ts-ignore: decorator
@inline
export function hashEnd(state: u64): u32 {
  return <u32>(state >> 32);
}

/** An octet with a capital of ASCII made small. */
// @ts-ignore: decorator
@inline
export function folded(octet: u32): u32 {
  return octet - 0x41 < 26 ? octet | 0x20 : octet;
}

/** The hash of a key, or of a whole value, as a walk over it from its start or its end comes to it. */
export function hashOf(end: TextEnd, ignoreCase: bool, ptr: usize, length: i32): u32 {
  if (end == TextEnd.Whole && !ignoreCase) return hashOctets(ptr, <usize>length);
  let state = hashSeed();
  for (let i = 0; i < length; i++) {
    const at = end == TextEnd.Finish ? length - 1 - i : i;
    const octet = <u32>load<u8>(ptr + <usize>at);
    state = hashStep(state, ignoreCase ? folded(octet) : octet);
  }
  return hashEnd(state);
}
