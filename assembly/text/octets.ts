// SPDX-License-Identifier: Apache-2.0

/** As `memory.compare`, which the compiler inlines wherever it is called. */
export function compareOctets(a: usize, b: usize, size: usize): i32 {
  return memory.compare(a, b, size);
}
