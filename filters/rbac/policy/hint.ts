// SPDX-License-Identifier: Apache-2.0
import { Bytes, IpAddress } from "tremula/assembly";
import { maskOf } from "tremula/assembly/net/mask";
import { Attribute } from "./attribute";

/** What a value must be. */
export enum HintKind {
  Exact,
  Prefix,
  Suffix,
  /** An address in a range. */
  Cidr,
  /** A port from `start` on, and below `end`. */
  Range,
  /** A text that is somewhere in the value. */
  Contains,
}

/** What must be so for a condition to hold: some value of the attribute is, begins with, ends with, contains `text`, and so on. */
@final
export class Hint {
  /** Of a CIDR range: 4 or 6, the bits of its prefix as in `IpAddress` (those behind `bits` are 0), and how many count. */
  version: i32 = 0;
  high: u64 = 0;
  low: u64 = 0;
  bits: i32 = 0;
  /** Of a range. */
  start: i64 = 0;
  end: i64 = 0;

  private constructor(
    readonly attribute: Attribute,
    readonly kind: HintKind,
    /** In lower case where the case does not matter; empty for addresses and ports. */
    readonly text: Bytes,
    readonly ignoreCase: bool,
  ) {}

  static ofText(attribute: Attribute, kind: HintKind, text: Bytes, ignoreCase: bool): Hint {
    return new Hint(attribute, kind, text, ignoreCase);
  }

  /** @param address the prefix; @param bits how many of its bits count */
  static ofCidr(attribute: Attribute, address: IpAddress, bits: i32): Hint {
    const hint = new Hint(attribute, HintKind.Cidr, Bytes.EMPTY, false);
    const kept = max(min(bits, address.width), 0);
    hint.version = address.version;
    hint.bits = kept;
    hint.high = address.high & maskOf(kept);
    hint.low = address.low & maskOf(kept - 64);
    return hint;
  }

  static ofRange(attribute: Attribute, start: i64, end: i64): Hint {
    const hint = new Hint(attribute, HintKind.Range, Bytes.EMPTY, false);
    hint.start = start;
    hint.end = end;
    return hint;
  }
}
