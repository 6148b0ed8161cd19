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
/** The highest octet of the length of the longest hello that can be made, 131,396 octets; OpenSSL takes that. */
const MOST_HELLO: u32 = 2;
/** Go's crypto/tls takes a first record of any version below 16.0. */
const MOST_MAJOR: u32 = 15;

/** Octets of a record's header. */
const HEADER: i32 = 5;

/**
 * The head of a ClientHello up to its version, which may lie in several records, empty ones among them: `16 0x * len len`,
 * then `01 len len len * *`. Neither version tells anything: RFC 8446 (sections 4.1.2 and 5.1) has servers ignore that of
 * records and, with `supported_versions`, that of the message; OpenSSL and Go do. Were TLS only what honest clients send, an
 * action for TLS could be got around by a version that nobody looks at.
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
        return octet <= MOST_MAJOR ? 0 : Death.Version;
      case 2:
        return 0;
      case 3:
        slot.value |= (<u64>octet) << 8;
        return 0;
      default:
        slot.value |= octet;
        // OpenSSL passes over empty ones.
        if ((slot.value & 0xffff) == 0) slot.state = 0;
        return (slot.value & 0xffff) <= MOST_RECORD ? 0 : Death.Length;
    }
  }

  /** `count` counts the octets of the handshake message; the bits from 16 on are its length, those from 48 on half its version. */
  private hello(slot: Slot, octet: u32): i32 {
    switch (slot.count) {
      case 0:
        return octet == CLIENT_HELLO ? 0 : Death.Type;
      case 1:
        slot.value |= (<u64>octet) << 32;
        return octet <= MOST_HELLO ? 0 : Death.Length;
      case 2:
        slot.value |= (<u64>octet) << 24;
        return 0;
      case 3:
        slot.value |= (<u64>octet) << 16;
        return slot.value >> 16 >= LEAST_HELLO ? 0 : Death.Length;
      case 4:
        slot.value |= (<u64>octet) << 48;
        return 0;
      default:
        // That is a MongoDB message of 790 octets, say, whose number happens to be what a hello begins with.
        return octet != 0 || slot.value >> 48 != 0 ? this.protocol : Death.Version;
    }
  }
}
