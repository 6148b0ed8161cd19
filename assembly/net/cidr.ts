// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Bytes } from "../text/bytes";
import { IpAddress } from "./ip";
import { maskOf } from "./mask";

/** What the last text was. */
// @ts-ignore: decorator
@lazy
const parsed: IpAddress = new IpAddress();

/**
 * An `envoy.config.core.v3.CidrRange`. An IPv4 range has no IPv6 addresses in it and the other way around, those that hold
 * an IPv4 address included, as in Envoy.
 */
@final
export class CidrRange {
  private constructor(
    private readonly version: i32,
    private readonly high: u64,
    private readonly low: u64,
    /** Bits that count, as masks. */
    private readonly highMask: u64,
    private readonly lowMask: u64,
  ) {}

  /**
   * A range; null when the prefix is no address. Bits of it behind the length do not matter.
   *
   * @param length bits that count, all of them when there are not as many
   */
  static of(prefix: Bytes, length: i32): CidrRange | null {
    if (!parsed.parse(prefix) || parsed.port >= 0 || prefix.at(0) == 0x5b) return null;
    const bits = max(min(length, parsed.width), 0);
    const highMask = maskOf(bits);
    const lowMask = maskOf(bits - 64);
    return new CidrRange(parsed.version, parsed.high & highMask, parsed.low & lowMask, highMask, lowMask);
  }

  /** Reads the message. Without `prefix_len`, or with 0, all addresses of the prefix's version are in it, as in Envoy. */
  static read(message: JsonObject): CidrRange {
    const prefix = message.string("address_prefix");
    const range = CidrRange.of(prefix, message.u32Or("prefix_len", 0, 0, 128));
    if (range !== null) return range;
    message.refuse("address_prefix", "must be an IPv4 or IPv6 address");
    return new CidrRange(0, 0, 0, 0, 0);
  }

  /** Whether an address, with or without a port, is in the range. What is no address is not. */
  contains(address: Bytes): bool {
    return parsed.parse(address) && this.includes(parsed);
  }

  /** Whether an address that has been read is in the range: for many ranges, read it once. */
  includes(address: IpAddress): bool {
    return (
      address.version != 0 &&
      address.version == this.version &&
      (address.high & this.highMask) == this.high &&
      (address.low & this.lowMask) == this.low
    );
  }
}
