// SPDX-License-Identifier: Apache-2.0
import { ByteWriter, Bytes, OctetCache } from "tremula/assembly";
import { withoutPort } from "../stats/labels/host-name";

/** Octets of an address and an identity; whoever has longer ones is logged each time. */
const LONGEST: i32 = 1024;

/** When each client was logged last. */
@final
export class Clients {
  private readonly times: OctetCache<u64>;
  private readonly key: ByteWriter = new ByteWriter(128);

  /**
   * @param capacity clients at most; the one that has not come for the longest time is forgotten
   * @param window nanoseconds in which a client is logged once
   */
  constructor(
    capacity: i32,
    private readonly window: u64,
  ) {
    this.times = new OctetCache<u64>(capacity, LONGEST);
  }

  /**
   * Whether a client's request is to be logged, because none of it was for a while; it counts as logged then.
   *
   * @param address `ip:port`; the port, another one for each connection, says nothing of who it is
   * @param identity of its certificate, empty without one
   * @param now nanoseconds
   */
  isDue(address: Bytes, identity: Bytes, now: u64): bool {
    const key = this.key.clear().write(withoutPort(address)).writeByte(0).write(identity).view();
    const entry = this.times.find(key);
    if (entry === null) {
      this.times.set(key, now);
      return true;
    }
    if (now - entry.value <= this.window) return false;
    entry.value = now;
    return true;
  }

  /** Clients that are remembered now. */
  get size(): i32 {
    return this.times.size;
  }
}
