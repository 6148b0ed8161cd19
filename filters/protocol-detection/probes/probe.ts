// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";

/** What one probe keeps of one connection: a detector has one for each candidate. All zero before the first octet. */
@unmanaged
export class Slot {
  /** Where the probe is; each gives these three its own meaning. */
  state: i32;
  count: i32;
  value: u64;
  /** Octets of the connection up to and with the one that decided. */
  at: i32;
  private unused: i32;
}

/**
 * A protocol's rule. It reads a connection octet by octet, so that segments cannot matter: it is given one octet and what
 * it has kept in its slot, and nothing else. It keeps nothing itself, as one probe serves all connections.
 */
export abstract class Probe {
  constructor(
    /** What it looks for; the first one of a family. */
    readonly protocol: Protocol,
  ) {}

  /**
   * Takes the next octet. It is not called again for a connection once it has decided, and never decides for its protocol
   * on the first octet alone.
   *
   * @param index where the octet is in the connection; 0 is the first
   * @returns 0 while it may be either, the `Protocol` once it is, a negative `Death` once it cannot be
   */
  abstract step(slot: Slot, octet: u32, index: i32): i32;

  /** Takes the end of the stream: what the protocol is after all, or a `Death`. */
  finish(slot: Slot): i32 {
    return 0;
  }

  /**
   * Takes octets until one decides, which is noted in `slot.at`. Probes that see many octets override it with `runSteps`.
   *
   * @param ptr where the octet `from` of the connection is in memory
   * @param to index after the last octet
   */
  run(slot: Slot, ptr: usize, from: i32, to: i32): i32 {
    for (let i = from; i < to; i++, ptr++) {
      const result = this.step(slot, load<u8>(ptr), i);
      if (result != 0) {
        slot.at = i + 1;
        return result;
      }
    }
    return 0;
  }
}

/** `Probe.run` for a class that is known, so that the steps are inlined. */
@inline
export function runSteps<T extends Probe>(probe: T, slot: Slot, ptr: usize, from: i32, to: i32): i32 {
  for (let i = from; i < to; i++, ptr++) {
    const result = probe.step(slot, load<u8>(ptr), i);
    if (result != 0) {
      slot.at = i + 1;
      return result;
    }
  }
  return 0;
}


@inline
export function isDigit(octet: u32): bool {
  return octet - 0x30 < 10;
}


@inline
export function isLower(octet: u32): bool {
  return octet - 0x61 < 26;
}


@inline
export function isUpper(octet: u32): bool {
  return octet - 0x41 < 26;
}

/** Whether an octet is a visible ASCII character or a space. */
@inline
export function isPrintable(octet: u32): bool {
  return octet - 0x20 < 0x5f;
}
