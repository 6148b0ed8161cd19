// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { proxy_call_foreign_function } from "../abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "../abi/memory";
import { Bytes } from "../text/bytes";

let last: Status = Status.Ok;

/**
 * Calls a function that the host has under a name, beyond the ABI. Those of stock Envoy have functions of their own in the
 * SDK; this is for others.
 *
 * @param args what the function defines, often a serialized message
 * @returns the result, which may have no octets; null when the host refuses, see `foreignStatus`
 */
export function callForeignFunction<N, A>(name: N, args: A): Bytes | null {
  const n = Bytes.of<N>(name);
  const a = Bytes.of<A>(args);
  clearOut();
  last = proxy_call_foreign_function(n.ptr, <usize>n.length, a.ptr, <usize>a.length, OUT, OUT_SIZE);
  const result = takeOut();
  return last == Status.Ok ? result : null;
}

/** What the host said to the last call of a foreign function; `NotFound` when it has none of that name. */
export function foreignStatus(): Status {
  return last;
}

/** The octets in zlib's format (RFC 1950), or null when the host cannot. */
export function compress<T>(octets: T): Bytes | null {
  return callForeignFunction("compress", octets);
}

/**
 * What `compress` was given, or null when it was something else.
 *
 * Envoy puts no bound on what comes out, and asks this VM for as much memory: give it nothing that a peer has sent.
 */
export function uncompress<T>(octets: T): Bytes | null {
  return callForeignFunction("uncompress", octets);
}
