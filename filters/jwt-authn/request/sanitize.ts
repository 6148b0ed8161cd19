// SPDX-License-Identifier: Apache-2.0
import { Bytes, HeaderTable } from "tremula/assembly";
import { Mode } from "../config/mode";

const UNDERSCORE: u8 = 0x5f;
const HYPHEN: u8 = 0x2d;

/**
 * Whether a header is one that a provider writes. Strict mode takes `_` for `-`, as many servers behind a proxy do:
 * `x_claim_sub` would be `x-claim-sub` to them.
 */
export function isWritten(headers: HeaderTable, index: i32, written: Array<Bytes>, mode: Mode): bool {
  const length = headers.nameLength(index);
  for (let i = 0; i < written.length; i++) {
    const name = unchecked(written[i]);
    if (name.length != length) continue;
    const sent = headers.name(index);
    if (sent.equals(name) || (mode == Mode.Strict && areAlike(sent, name))) return true;
  }
  return false;
}

/**
 * Whether a header is one of these but for `_` in place of `-`. The header itself stays: this filter only ever writes `false`
 * into it, over what there is, and a filter in front may have done so.
 */
export function isLookAlike(headers: HeaderTable, index: i32, names: Array<Bytes>): bool {
  const length = headers.nameLength(index);
  for (let i = 0; i < names.length; i++) {
    const name = unchecked(names[i]);
    if (name.length != length) continue;
    const sent = headers.name(index);
    if (!sent.equals(name) && areAlike(sent, name)) return true;
  }
  return false;
}

/** A CORS preflight request, by the native filter's rule (filter.cc, isCorsPreflightRequest). */
export function isPreflight(headers: HeaderTable): bool {
  const method = headers.first(":method");
  return (
    method !== null &&
    method.equals("OPTIONS") &&
    has(headers, "origin") &&
    has(headers, "access-control-request-method")
  );
}

function has(headers: HeaderTable, name: string): bool {
  const value = headers.first(name);
  return value !== null && !value.isEmpty;
}

/** Names of one length. */
function areAlike(a: Bytes, b: Bytes): bool {
  for (let i = 0; i < a.length; i++) {
    if (hyphened(load<u8>(a.ptr + <usize>i)) != hyphened(load<u8>(b.ptr + <usize>i))) return false;
  }
  return true;
}

function hyphened(octet: u8): u8 {
  return octet == UNDERSCORE ? HYPHEN : octet;
}
