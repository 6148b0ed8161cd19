// SPDX-License-Identifier: Apache-2.0

/**
 * Whether `length` octets are the same, in a time that depends on nothing but `length`: what a peer sends is compared with
 * a secret without telling how much of it was right.
 */
export function equalInConstantTime(a: usize, b: usize, length: i32): bool {
  let difference: u32 = 0;
  for (let i = 0; i < length; i++) {
    difference |= (<u32>load<u8>(a + <usize>i)) ^ (<u32>load<u8>(b + <usize>i));
  }
  return difference == 0;
}
