// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { isLower, Probe, Slot } from "./probe";

/** PostgreSQL's MAX_STARTUP_PACKET_LENGTH. */
const MOST_LENGTH: u64 = 10000;
/** The four requests that have a code for a version: their lengths. A key to cancel with has 4 to 256 octets. */
const PLAIN: u64 = 8;
const LEAST_CANCEL: u64 = 16;
const MOST_CANCEL: u64 = 268;

const CODE_HIGH: u64 = 1234;
const CODE_CANCEL: u64 = 5678;
const CODE_SSL: u64 = 5679;
const CODE_GSS: u64 = 5680;

/** Octets of a parameter's name at most: the longest is `application_name`, extensions begin with `_pq_.`. */
const MOST_NAME: i32 = 64;

/**
 * The packet that a client begins with (PostgreSQL, "Message Formats"): a request for TLS, GSSAPI or a cancellation by its
 * code, or version 3.x and the name of a first parameter. The name is what tells it from a Kafka request for metadata.
 */
@final
export class PostgresProbe extends Probe {
  constructor() {
    super(Protocol.Postgres);
  }

  /** `value` is the length, with the version behind it. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (index < 4) {
      slot.value = (slot.value << 8) | octet;
      const shift = <u64>(24 - index * 8);
      if (slot.value > MOST_LENGTH >> shift) return Death.Length;
      return index < 3 || slot.value >= PLAIN ? 0 : Death.Length;
    }
    if (index < 8) {
      slot.value = (slot.value << 8) | octet;
      if (index == 5) return this.isMajor(slot.value & 0xffff) ? 0 : Death.Version;
      return index < 7 ? 0 : this.version(slot);
    }
    // A name that is empty ends the list, and there must be a user.
    if (octet == 0) return index > 8 ? this.protocol : Death.Text;
    return this.isName(octet) && ++slot.count <= MOST_NAME ? 0 : Death.Text;
  }

  private isMajor(high: u64): bool {
    return high == CODE_HIGH || high == 3;
  }

  private version(slot: Slot): i32 {
    const length = slot.value >> 32;
    const high = (slot.value >> 16) & 0xffff;
    const low = slot.value & 0xffff;
    if (high == 3) return low > 0xff ? Death.Version : length > PLAIN ? 0 : Death.Length;
    if (low == CODE_SSL || low == CODE_GSS) return length == PLAIN ? this.protocol : Death.Length;
    if (low != CODE_CANCEL) return Death.Version;
    return length >= LEAST_CANCEL && length <= MOST_CANCEL ? this.protocol : Death.Length;
  }

  /** Kafka's number of a first request is low, so that no such octet begins it. */
  private isName(octet: u32): bool {
    return isLower(octet) || octet == 0x5f || octet == 0x2e;
  }
}
