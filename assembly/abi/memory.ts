// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";

/** The host asks for memory here before it hands over a value; above this it is told that there is none. */
const MAX_HOST_BYTES: usize = 256 << 20;

/**
 * Where host functions store what they return: a pointer and a size, or one number. One block serves all, because it
 * is read before the next host call is made.
 */
export const OUT: usize = memory.data(16, 8);
/** The second word of `OUT`: the size that goes with a pointer. */
export const OUT_SIZE: usize = OUT + 4;

/**
 * Memory for the host (proxy-wasm-cpp-host looks for `malloc` first, other hosts for `proxy_on_memory_allocate`). It is
 * a `Bytes` with its octets, so that what the host returns needs neither a copy nor a second object. Nothing has to keep
 * it alive: no garbage is collected before the callback returns. May be called with 0.
 */
export function malloc(size: usize): usize {
  if (size > MAX_HOST_BYTES) return 0;
  return Bytes.uninitialized(<i32>size).ptr;
}

export function proxy_on_memory_allocate(size: usize): usize {
  return malloc(size);
}

/** Clears `OUT`; before every host call that returns a pointer, so that a stale one is never taken for a new one. */
@inline
export function clearOut(): void {
  store<u64>(OUT, 0);
}

/** What a host call left in `OUT`, in memory that the host had from `malloc`. */
export function takeOut(): Bytes {
  const ptr = <usize>load<u32>(OUT);
  if (ptr == 0) return Bytes.EMPTY;
  const bytes = Bytes.allocatedAt(ptr);
  const size = load<i32>(OUT_SIZE);
  return size == bytes.length ? bytes : bytes.slice(0, size);
}
