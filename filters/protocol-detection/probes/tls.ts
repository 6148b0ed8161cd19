// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, runSteps, Slot } from "./probe";

const HANDSHAKE: u32 = 0x16;
const CLIENT_HELLO: u32 = 1;
/** RFC 8446 section 5.1: a record of plaintext has at most 2^14 octets, and one of a handshake is not empty. */
const MOST_RECORD: u64 = 16384;
/** RFC 8446 section 4.1.2: version, random, empty session, one cipher suite, one compression method. */
const LEAST_HELLO: u64 = 41;

/** Octets of a record's header. */
const HEADER: i32 = 5;

/**
 * The head of a ClientHello up to its version, which may lie in several records: `16 03 0x len len`, then
 * `01 len len len 03 0y`. TLS 1.0 to 1.3; Envoy's tls_inspector takes the same versions.
 */
@final
export class TlsProbe extends Probe {
  constructor() {
    super(Protocol.Tls);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    if (slot.state < HEADER) return this.header(slot, octet);
    const death = this.hello(slot, octet);
    if (death != 0) return death;
    slot.value--;
    if ((slot.value & 0xffff) == 0) slot.state = 0;
    slot.count++;
    return 0;
  }

  run(slot: Slot, ptr: usize, from: i32, to: i32): i32 {
    return runSteps(this, slot, ptr, from, to);
  }

  /** `state` counts the octets of the header; the lowest 16 bits of `value` are what remains of the record. */
  private header(slot: Slot, octet: u32): i32 {
    switch (slot.state++) {
      case 0:
        return octet == HANDSHAKE ? 0 : Death.Magic;
      case 1:
        return octet == 3 ? 0 : Death.Version;
      case 2:
        return octet <= 4 ? 0 : Death.Version;
      case 3:
        slot.value |= (<u64>octet) << 8;
        return 0;
      default:
        slot.value |= octet;
        return (slot.value & 0xffff) - 1 < MOST_RECORD ? 0 : Death.Length;
    }
  }

  /** `count` counts the octets of the handshake message; the bits from 16 on are its length. */
  private hello(slot: Slot, octet: u32): i32 {
    switch (slot.count) {
      case 0:
        return octet == CLIENT_HELLO ? 0 : Death.Type;
      case 1:
        return octet == 0 ? 0 : Death.Length;
      case 2:
        slot.value |= (<u64>octet) << 24;
        return 0;
      case 3:
        slot.value |= (<u64>octet) << 16;
        return slot.value >> 16 >= LEAST_HELLO ? 0 : Death.Length;
      case 4:
        return octet == 3 ? 0 : Death.Version;
      default:
        return octet - 1 < 4 ? this.protocol : Death.Version;
    }
  }
}
