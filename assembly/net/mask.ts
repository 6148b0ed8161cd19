// SPDX-License-Identifier: Apache-2.0

/** The mask of so many bits from the top; at most 64, and none below 1. */
// @ts-ignore: decorator
@inline
export function maskOf(bits: i32): u64 {
  if (bits <= 0) return 0;
  const rest = 64 - min(bits, 64);
  return u64.MAX_VALUE << rest;
}
