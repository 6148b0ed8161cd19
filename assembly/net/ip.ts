// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";

const DOT: u32 = 0x2e;
const COLON: u32 = 0x3a;

/**
 * An IP address and perhaps a port, read from text. One object serves for many: `parse` replaces what it holds. Bits are
 * kept from the top down, so both families compare the same: an IPv4 address is in the upper half of `high`.
 */
@final
export class IpAddress {
  /** 4 or 6; 0 when the last text was no address. */
  version: i32 = 0;
  high: u64 = 0;
  low: u64 = 0;
  /** The port behind the address, or -1. */
  port: i32 = -1;

  /** Bits of an address of this version. */
  get width(): i32 {
    return this.version == 4 ? 32 : 128;
  }

  /**
   * Reads `10.0.0.1`, `::1`, `fe80::1%eth0`, or one of them with a port: `10.0.0.1:80`, `[::1]:80`, as Envoy prints addresses
   * (`source.address`, `%DOWNSTREAM_REMOTE_ADDRESS%`). False for anything else. IPv4 in four decimal numbers without zeros
   * in front only; an IPv6 address that holds an IPv4 one stays IPv6, as in Envoy.
   */
  parse(text: Bytes): bool {
    return this.parseAt(text.ptr, text.length);
  }

  /** As `parse`, of the `length` octets at `ptr`. */
  parseAt(ptr: usize, length: i32): bool {
    const end = ptr + <usize>length;
    this.version = 0;
    this.port = -1;
    this.high = 0;
    this.low = 0;
    if (length == 0) return false;
    if (load<u8>(ptr) == 0x5b) return this.parseBracketed(ptr + 1, end);
    let first = ptr;
    while (first < end && load<u8>(first) != COLON) first++;
    let second = first + 1;
    while (second < end && load<u8>(second) != COLON) second++;
    // One colon is before a port, two or more are IPv6.
    if (first < end && second < end) return this.parseV6(ptr, end);
    return this.parseV4(ptr, first) && (first == end || this.parsePort(first + 1, end));
  }

  private parseBracketed(ptr: usize, end: usize): bool {
    let close = ptr;
    while (close < end && load<u8>(close) != 0x5d) close++;
    if (close == end || !this.parseV6(ptr, close)) return false;
    if (close + 1 == end) return true;
    return load<u8>(close + 1) == COLON ? this.parsePort(close + 2, end) : this.refuse();
  }

  private parsePort(ptr: usize, end: usize): bool {
    const port = end - ptr <= 5 ? readDecimal(ptr, end) : -1;
    if (port < 0 || port > 65535) return this.refuse();
    this.port = port;
    return true;
  }

  private parseV4(ptr: usize, end: usize): bool {
    const bits = readV4(ptr, end);
    if (bits < 0) return this.refuse();
    this.version = 4;
    this.high = (<u64>bits) << 32;
    return true;
  }

  private parseV6(ptr: usize, end: usize): bool {
    // A zone says which interface, not which address.
    let zone = ptr;
    while (zone < end && load<u8>(zone) != 0x25) zone++;
    if (zone < end && !isZone(zone + 1, end)) return this.refuse();
    end = zone;
    let count = 0;
    let gap = -1;
    let at = ptr;
    if (at + 1 < end && load<u16>(at) == 0x3a3a) {
      gap = 0;
      at += 2;
    }
    while (at < end) {
      if (count == 8) return this.refuse();
      let stop = at;
      while (stop < end && load<u8>(stop) != COLON) stop++;
      if (stop == end && hasDot(at, stop)) {
        const bits = count <= 6 ? readV4(at, stop) : -1;
        if (bits < 0) return this.refuse();
        this.append(<u32>(bits >> 16));
        this.append(<u32>(bits & 0xffff));
        count += 2;
        at = stop;
        break;
      }
      const group = readHex(at, stop);
      if (group < 0) return this.refuse();
      this.append(group);
      count++;
      at = stop;
      if (at == end) break;
      at++;
      if (at == end) return this.refuse();
      if (load<u8>(at) != COLON) continue;
      if (gap >= 0) return this.refuse();
      gap = count;
      at++;
    }
    // A gap is of one group of zeros at least.
    if (gap < 0 ? count != 8 : count == 8) return this.refuse();
    if (gap >= 0) this.widen(gap, count);
    this.version = 6;
    return true;
  }

  /** Adds 16 bits at the end. */
  private append(group: u32): void {
    this.high = (this.high << 16) | (this.low >> 48);
    this.low = (this.low << 16) | (<u64>group);
  }

  /** Moves the groups before the gap up to the start. */
  private widen(gap: i32, count: i32): void {
    const behind = count - gap;
    const high = this.high;
    const low = this.low;
    this.high = 0;
    this.low = 0;
    for (let i = 0; i < 8; i++) {
      // The groups are the last ones of the 128 bits.
      const isZero = i >= gap && i < 8 - behind;
      const index = i < gap ? 8 - count + i : i;
      const source = index < 4 ? high : low;
      const shift = 48 - ((index & 3) << 4);
      this.append(isZero ? 0 : <u32>((source >> shift) & 0xffff));
    }
  }

  private refuse(): bool {
    this.version = 0;
    return false;
  }
}

/** Name or number of an interface. */
function isZone(ptr: usize, end: usize): bool {
  if (ptr == end) return false;
  for (; ptr < end; ptr++) {
    const octet = <u32>load<u8>(ptr);
    const letter = (octet | 0x20) - 0x61;
    if (letter >= 26 && octet - 0x30 >= 10 && octet != 0x2d && octet != DOT && octet != 0x5f) return false;
  }
  return true;
}

function hasDot(ptr: usize, end: usize): bool {
  for (; ptr < end; ptr++) if (load<u8>(ptr) == DOT) return true;
  return false;
}

/** The 32 bits of an IPv4 address, or -1. */
function readV4(ptr: usize, end: usize): i64 {
  let bits: i64 = 0;
  for (let i = 0; i < 4; i++) {
    let stop = ptr;
    while (stop < end && load<u8>(stop) != DOT) stop++;
    const number = stop - ptr <= 3 ? readDecimal(ptr, stop) : -1;
    if (number < 0 || number > 255 || (stop == end) != (i == 3)) return -1;
    bits = (bits << 8) | (<i64>number);
    ptr = stop + 1;
  }
  return bits;
}

/** A number without zeros in front, or -1. */
function readDecimal(ptr: usize, end: usize): i32 {
  if (ptr >= end || (load<u8>(ptr) == 0x30 && ptr + 1 < end)) return -1;
  let number = 0;
  for (; ptr < end; ptr++) {
    const digit = <u32>load<u8>(ptr) - 0x30;
    if (digit > 9) return -1;
    number = number * 10 + <i32>digit;
  }
  return number;
}

/** The number that one to four hexadecimal digits write, or -1. */
function readHex(ptr: usize, end: usize): i32 {
  if (ptr >= end || end - ptr > 4) return -1;
  let number = 0;
  for (; ptr < end; ptr++) {
    const octet = <u32>load<u8>(ptr);
    const letter = (octet | 0x20) - 0x61;
    if (octet - 0x30 < 10) number = (number << 4) | (<i32>(octet - 0x30));
    else if (letter < 6) number = (number << 4) | (<i32>(letter + 10));
    else return -1;
  }
  return number;
}
