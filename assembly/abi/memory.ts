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
 * Memory for the host (proxy-wasm-cpp-host looks for `malloc` first, other hosts for `proxy_on_memory_allocate`). It
 * is an `ArrayBuffer` that is pinned until `takeOut` adopts it: the host may ask for several before it returns, and
 * each request may run a step of the collector. May be called with 0.
 */
export function malloc(size: usize): usize {
  if (size > MAX_HOST_BYTES) return 0;
  return __pin(__new(size, idof<ArrayBuffer>()));
}

export function proxy_on_memory_allocate(size: usize): usize {
  return malloc(size);
}

/** Clears `OUT`; before every host call that returns a pointer, so that a stale one is never taken for a new one. */
@inline
export function clearOut(): void {
  store<u64>(OUT, 0);
}

/**
 * Adopts the buffer that a host call left in `OUT`, whatever status it returned: a host may hand over memory with a
 * failure too, and what is not adopted stays pinned for ever.
 */
export function takeOut(): Bytes {
  const ptr = <usize>load<u32>(OUT);
  const size = load<i32>(OUT_SIZE);
  if (ptr == 0) return Bytes.EMPTY;
  __unpin(ptr);
  const buffer = changetype<ArrayBuffer>(ptr);
  return Bytes.fromMemory(buffer, ptr, min(size, buffer.byteLength));
}
