// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { isLower, isPrintable, Probe, Slot } from "./probe";

/** Of a first request; Kafka itself takes 100 MiB. */
const MOST_SIZE: u64 = 0xfffff;
const LEAST_SIZE: u64 = 10;
/** Above those that there are (Kafka 4.0: 92, versions up to 18). */
const MOST_KEY: u32 = 95;
const MOST_VERSION: u32 = 20;
const API_METADATA: u32 = 3;
const API_VERSIONS: u32 = 18;
/** Sizes of ZooKeeper's request for a session, which would be one to produce, version 0. */
const ZOOKEEPER: u64 = 44;
const ZOOKEEPER_READ_ONLY: u64 = 45;
const NO_CLIENT: u64 = 0xffff;
const MOST_CLIENT: u64 = 249;

/**
 * A request's header (Kafka protocol guide, "Request Header"): size, API key, version, a number for the answer, and the
 * client's name, all of which must be text. Where others have the same octets it gives way: the octets of a first request
 * of PostgreSQL and of ZooKeeper's are none of Kafka's.
 */
@final
export class KafkaProbe extends Probe {
  constructor() {
    super(Protocol.Kafka);
  }

  /** `value` is the size, and the length of the client's name; `state` is key and version. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (index < 4) {
      slot.value = (slot.value << 8) | octet;
      const shift = <u64>(24 - index * 8);
      if (slot.value > MOST_SIZE >> shift) return Death.Length;
      return index < 3 || slot.value >= LEAST_SIZE ? 0 : Death.Length;
    }
    if (index < 8) return this.api(slot, octet, index);
    if (index == 8) return this.correlation(slot, octet);
    if (index < 12) return 0;
    if (index == 12) {
      slot.count = <i32>octet;
      return 0;
    }
    if (index == 13) return this.client(slot, ((<u64>slot.count) << 8) | octet);
    if (!isPrintable(octet)) return Death.Text;
    return --slot.count == 0 ? this.protocol : 0;
  }

  private api(slot: Slot, octet: u32, index: i32): i32 {
    slot.state = (slot.state << 8) | octet;
    if ((index & 1) == 0) return octet == 0 ? 0 : index == 4 ? Death.Type : Death.Version;
    if (index == 5) return octet <= MOST_KEY ? 0 : Death.Type;
    if (octet > MOST_VERSION) return Death.Version;
    const isZooKeeper = slot.value == ZOOKEEPER || slot.value == ZOOKEEPER_READ_ONLY;
    return slot.state == 0 && isZooKeeper ? Death.Ambiguous : 0;
  }

  private correlation(slot: Slot, octet: u32): i32 {
    const isPostgres = slot.state >> 16 == API_METADATA && (isLower(octet) || octet == 0x5f || octet == 0x2e);
    return isPostgres ? Death.Ambiguous : 0;
  }

  private client(slot: Slot, length: u64): i32 {
    if (length == NO_CLIENT) return this.protocol;
    // No name at all is hardly more than zeros, but for the request that clients begin with.
    if (length == 0)
      return slot.state >> 16 == API_VERSIONS && slot.value <= 0xff ? this.protocol : Death.Length;
    if (length > MOST_CLIENT || length + LEAST_SIZE > slot.value) return Death.Length;
    slot.count = <i32>length;
    return 0;
  }
}
