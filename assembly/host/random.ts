// SPDX-License-Identifier: Apache-2.0
import { OUT } from "../abi/memory";
import { random_get } from "../abi/wasi";
import { Bytes } from "../text/bytes";

/** What Envoy gives at once at most (proxy-wasm-cpp-host include/proxy-wasm/limits.h). */
const MAX_AT_ONCE: i32 = 64 << 10;

/**
 * Octets that nobody can foretell, from BoringSSL: good for keys and nonces. All phases, module initialization included.
 *
 * @returns null when the host refuses
 */
export function randomBytes(length: i32): Bytes | null {
  const octets = Bytes.allocate(max(length, 0));
  for (let at = 0; at < octets.length; at += MAX_AT_ONCE) {
    const size = min(octets.length - at, MAX_AT_ONCE);
    if (random_get(octets.ptr + <usize>at, <usize>size) != 0) return null;
  }
  return octets;
}

/** A number from 0 up to but not including `bound`, each as likely as the next, for choices such as sampling; 0 if refused. */
export function randomBelow(bound: u32): u32 {
  if (bound < 2) return 0;
  // The rest of 2^32 divided by the bound would make low numbers likelier.
  const fair = u32.MAX_VALUE - (((u32.MAX_VALUE % bound) + 1) % bound);
  let number: u32;
  do {
    if (random_get(OUT, 4) != 0) return 0;
    number = load<u32>(OUT);
  } while (number > fair);
  return number % bound;
}
