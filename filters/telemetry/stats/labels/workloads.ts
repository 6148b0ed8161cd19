// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from "tremula/assembly";
import { Peer } from "../../peer/peer";
import { OVERFLOW } from "./label";
import { NONE, TextIndex } from "./text-index";
import { Workload } from "./workload";

/** Numbers of workloads that are always there. */
export const UNKNOWN_WORKLOAD: u32 = 0;
export const OVERFLOW_WORKLOAD: u32 = 1;
export const LOCAL_WORKLOAD: u32 = 2;
const FIRST: u32 = 3;

/** Peers whose workload is remembered; a power of two. */
const RECENT: i32 = 1024;

/**
 * Workloads by number: what the key of a series has of them. Peers say themselves what they are, so there is a limit; those
 * that come later are one, whose labels all say `overflow`.
 */
@final
export class Workloads {
  private readonly index: TextIndex;
  private readonly list: Array<Workload> = [];
  private readonly text: ByteWriter = new ByteWriter(256);
  private readonly peers: StaticArray<Peer | null> = new StaticArray<Peer | null>(RECENT);
  private readonly numbers: StaticArray<u32> = new StaticArray<u32>(RECENT);
  /** Peers that found no room, since somebody took the number. */
  overflowed: u32 = 0;

  /** @param local this proxy's own, or null when it does not say */
  constructor(local: Peer | null, limit: i32) {
    this.index = new TextIndex(limit);
    this.list.push(new Workload());
    this.list.push(new Workload(OVERFLOW));
    this.list.push(local !== null ? Workload.of(local) : new Workload());
  }

  at(number: u32): Workload {
    return unchecked(this.list[number < <u32>this.list.length ? number : UNKNOWN_WORKLOAD]);
  }

  /** The number of a peer's workload. The same peer is the same object as long as it is remembered. */
  numberOf(peer: Peer | null): u32 {
    if (peer === null) return UNKNOWN_WORKLOAD;
    const slot = (<u32>(changetype<usize>(peer) >> 4)) & (RECENT - 1);
    if (unchecked(this.peers[slot]) === peer) return unchecked(this.numbers[slot]);
    const number = this.add(Workload.of(peer));
    unchecked((this.peers[slot] = peer));
    unchecked((this.numbers[slot] = number));
    return number;
  }

  private add(workload: Workload): u32 {
    workload.writeTo(this.text.clear());
    const known = this.index.indexOf(this.text.view());
    if (known != NONE) return FIRST + <u32>known;
    if (this.index.add(this.text.view()) == NONE) {
      this.overflowed++;
      return OVERFLOW_WORKLOAD;
    }
    this.list.push(workload);
    return <u32>this.list.length - 1;
  }
}
