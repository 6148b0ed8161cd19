// SPDX-License-Identifier: Apache-2.0

// Comparisons that take ASCII letters of either case as the same, as Envoy's `ignore_case` does (absl::EqualsIgnoreCase and
// its like): other letters are compared as the octets they are.

// @ts-ignore: decorator
@inline
export function lowerOctet(octet: u32): u32 {
  return octet - 0x41 < 26 ? octet | 0x20 : octet;
}

/** Whether `length` octets at `ptr` are those at `lower`, which has no capitals. */
export function isSameFolded(ptr: usize, lower: usize, length: i32): bool {
  for (let i: usize = 0; i < <usize>length; i++) {
    if (lowerOctet(load<u8>(ptr + i)) != <u32>load<u8>(lower + i)) return false;
  }
  return true;
}

/** Whether `size` octets at `lower`, which has no capitals, are among the `length` octets at `ptr`. */
export function containsFolded(ptr: usize, length: i32, lower: usize, size: i32): bool {
  for (let i = 0; i + size <= length; i++) if (isSameFolded(ptr + <usize>i, lower, size)) return true;
  return false;
}

/** Whether `size` octets at `wanted` are among the `length` octets at `ptr`. */
export function containsOctets(ptr: usize, length: i32, wanted: usize, size: i32): bool {
  if (size == 0) return true;
  const first = load<u8>(wanted);
  for (const end = ptr + <usize>max(length - size + 1, 0); ptr < end; ptr++) {
    if (load<u8>(ptr) == first && memory.compare(ptr, wanted, <usize>size) == 0) return true;
  }
  return false;
}
