// SPDX-License-Identifier: Apache-2.0
import { OUT, OUT_SIZE } from "../abi/memory";
import { environ_get, environ_sizes_get } from "../abi/wasi";
import { Bytes } from "../text/bytes";

const EQUALS: i32 = 0x3d;

/**
 * The environment variables that `vm_config.environment_variables` gives the VM: those of Envoy's own that it lists under
 * `host_env_keys`, and what it sets under `key_values`. No others are seen. They never change, so they are read once. All
 * phases, module initialization included.
 */
export abstract class Environment {
  /** The value of a variable, or null when there is none. */
  static get<K>(name: K): Bytes | null {
    const key = Bytes.of<K>(name);
    const entries = VARIABLES;
    for (let i = 0; i < entries.length; i++) {
      const entry = unchecked(entries[i]);
      if (entry.at(key.length) == EQUALS && entry.startsWith(key)) return entry.slice(key.length + 1);
    }
    return null;
  }

  /** Every variable, as `NAME=value`. */
  static get entries(): Bytes[] {
    return VARIABLES;
  }
}

// @ts-ignore: decorator
@lazy
const VARIABLES: Bytes[] = read();

/** Entries end in 0x00. */
function read(): Bytes[] {
  const entries: Bytes[] = [];
  store<u64>(OUT, 0);
  if (environ_sizes_get(OUT, OUT_SIZE) != 0) return entries;
  const count = load<i32>(OUT);
  const octets = Bytes.allocate(load<i32>(OUT_SIZE));
  const pointers = Bytes.allocate(count << 2);
  if (environ_get(pointers.ptr, octets.ptr) != 0) return entries;
  for (let start = 0; start < octets.length;) {
    const end = octets.indexOfByte(0, start);
    if (end < 0) break;
    entries.push(octets.slice(start, end));
    start = end + 1;
  }
  return entries;
}
