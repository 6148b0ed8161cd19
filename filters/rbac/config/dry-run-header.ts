// SPDX-License-Identifier: Apache-2.0
import { Bytes, CidrRange, JsonObject } from "tremula/assembly";

/**
 * A response header that tells what the shadow rules would have decided, to callers from the ranges of `trusted` only: to
 * others it would tell what the rules are.
 */
@final
export class DryRunHeader {
  private constructor(
    readonly name: Bytes,
    readonly trusted: Array<CidrRange>,
  ) {}

  static read(object: JsonObject | null): DryRunHeader | null {
    if (object === null) return null;
    const name = object.string("name").copy();
    if (!isName(name)) object.refuse("name", "must be a header name in small letters that begins with x-");
    const trusted = new Array<CidrRange>();
    const list = object.array("trusted");
    for (let i = 0; i < list.length; i++) trusted.push(CidrRange.read(list.object(i)));
    if (trusted.length == 0) object.refuse("trusted", "must not be empty: name the callers' address ranges");
    return new DryRunHeader(name, trusted);
  }
}

/** No header that means something to anyone else. */
function isName(name: Bytes): bool {
  if (!name.startsWith("x-") || name.startsWith("x-envoy-") || name.startsWith("x-forwarded-")) return false;
  for (let i = 0; i < name.length; i++) {
    const octet = <u32>name.at(i);
    if (octet - 0x61 >= 26 && octet - 0x30 >= 10 && octet != 0x2d) return false;
  }
  return name.length > 2;
}
