// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Death } from "../probes/death";
import { Slot } from "../probes/probe";
import { ClientHello } from "../probes/client-hello";
import { GrpcRefiner } from "../probes/grpc";
import { ProbeSet } from "./probe-set";
import { Protocol } from "./protocol";
import { Reason } from "./reason";
import { Trace } from "./trace";

const TLS_HANDSHAKE: u32 = 0x16;

/**
 * Decides what a connection speaks: which probe of its set is the first to match, as if octets came one at a time. Probes
 * take octets one after the other and know nothing of segments, so that how they arrive cannot matter. One detector serves
 * one connection at a time, and the next after `reset`; it allocates nothing but what `reset` needs for a wider set.
 */
@final
export class Detector {
  /** What has been decided; meaningful once `feed` has returned true. */
  protocol: Protocol = Protocol.Unknown;
  reason: Reason = Reason.Unknown;
  /** Octets of the connection that it took to decide. */
  at: i32 = 0;
  /** Octets that have been examined: what `feed` gets next begins behind them. */
  consumed: i32 = 0;
  /** Whether two protocols matched at the same octet, which no input must bring about. The lower number has won then. */
  isAmbiguous: bool = false;
  /** For explanations: is told of deaths. */
  trace: Trace | null = null;

  private set: ProbeSet | null = null;
  private maxBytes: i32 = 0;
  private isDecided: bool = false;
  /** Probes that the first octet left alive; the nth of them has the nth slot. */
  private candidates: u64 = 0;
  private live: u64 = 0;
  private slots: StaticArray<u8> = [];
  /** Octets after which the last probe died. */
  private diedAt: i32 = 0;
  /** Reads the ClientHello while it may be one; null where none is wanted. */
  private hello: ClientHello | null = null;
  private readsHello: bool = false;
  private refiner: GrpcRefiner | null = null;

  /**
   * Makes it ready for a connection.
   *
   * @param maxBytes octets that are examined at most
   */
  reset(set: ProbeSet, maxBytes: i32): void {
    this.set = set;
    this.maxBytes = maxBytes;
    this.protocol = Protocol.Unknown;
    this.reason = Reason.Unknown;
    this.at = 0;
    this.consumed = 0;
    this.isAmbiguous = false;
    this.isDecided = false;
    this.candidates = 0;
    this.live = 0;
    this.diedAt = 0;
    this.readsHello = false;
    const size = set.width * <i32>offsetof<Slot>();
    if (this.slots.length < size) this.slots = new StaticArray<u8>(size);
  }

  /** Octets that must have come before it makes sense to call `feed` again. */
  get needed(): i32 {
    return this.consumed + 1;
  }

  /** Whether the ClientHello has been read to its end: one that is cut off or broken may ask for more than what was read of it. */
  get hasHello(): bool {
    const hello = this.hello;
    return hello !== null && this.readsHello && hello.isComplete;
  }

  /** The name that a TLS client asks for, in lower case; null without one, or where hellos are not read. */
  get serverName(): Bytes | null {
    const hello = this.hello;
    return hello !== null && this.readsHello ? hello.serverName : null;
  }

  /** The application protocols that a TLS client offers, with commas between them; as `serverName`. */
  get alpn(): Bytes | null {
    const hello = this.hello;
    return hello !== null && this.readsHello ? hello.alpn : null;
  }

  /**
   * Takes the octets that have come since the last call.
   *
   * @param data where octet `consumed` of the connection is in memory
   * @param length how many there are; 0 is fine
   * @param endOfStream whether these were the last
   * @returns whether it is decided; further calls change nothing then
   */
  feed(data: usize, length: i32, endOfStream: bool): bool {
    if (this.isDecided) return true;
    const set = this.set;
    if (set === null) return false;
    const from = this.consumed;
    const room = this.maxBytes - from;
    const count = min(length, room);
    if (count > 0) {
      if (from == 0) this.begin(set, load<u8>(data));
      this.consumed = from + count;
      if (this.protocol == Protocol.Unknown) this.probe(set, data, from, from + count);
      if (this.readsHello) this.readHello(data, count);
      if (this.isDecided) return true;
    }
    if (this.consumed >= this.maxBytes) this.end(Reason.Cap);
    else if (endOfStream) this.end(Reason.EndOfStream);
    return this.isDecided;
  }

  /** Whether what comes behind the octets that decided can still tell HTTP/2 from gRPC: give it to `refine`. */
  get refines(): bool {
    const set = this.set;
    return this.protocol == Protocol.Http2 && set !== null && set.has(Protocol.Grpc);
  }

  /**
   * Looks for gRPC in HTTP/2, from octet `at` of the connection on. `protocol` is `Grpc` if the first request is one.
   *
   * @param isFirst whether these octets begin at `at`; the others follow those of the last call
   * @returns whether it is settled
   */
  refine(data: usize, length: i32, isFirst: bool): bool {
    let refiner = this.refiner;
    if (refiner === null) this.refiner = refiner = new GrpcRefiner();
    if (isFirst) refiner.reset();
    if (!refiner.feed(data, length)) return false;
    if (refiner.isGrpc) this.protocol = Protocol.Grpc;
    return true;
  }

  private begin(set: ProbeSet, octet: u32): void {
    const candidates = set.first[octet];
    this.candidates = candidates;
    this.live = candidates;
    this.diedAt = 1;
    memory.fill(changetype<usize>(this.slots), 0, <usize>popcnt(candidates) * offsetof<Slot>());
    const trace = this.trace;
    if (trace !== null) this.traceFirst(trace, set, octet);
    this.readsHello = set.readsHello && octet == TLS_HANDSHAKE && set.has(Protocol.Tls);
    if (!this.readsHello) return;
    if (this.hello === null) this.hello = new ClientHello();
    changetype<ClientHello>(this.hello).reset();
  }

  private probe(set: ProbeSet, data: usize, from: i32, to: i32): void {
    let matched = 0;
    let end = to;
    for (let rest = this.live; rest != 0; rest &= rest - 1) {
      const index = <i32>ctz(rest);
      const slot = this.slotOf(index);
      const result = unchecked(set.probes[index]).run(slot, data, from, end);
      if (result == 0) continue;
      if (result > 0 && set.has(<Protocol>result)) {
        // Nobody needs to see further than the earliest match.
        if (matched == 0 || slot.at < end) {
          this.isAmbiguous = false;
          matched = result;
        } else if (matched != result) {
          this.isAmbiguous = true;
          matched = min(matched, result);
        }
        end = slot.at;
      } else this.bury(index, result > 0 ? Death.NotEnabled : result, slot.at);
    }
    if (matched != 0) {
      this.protocol = <Protocol>matched;
      this.at = end;
      this.reason = Reason.Detected;
      if (matched != Protocol.Tls || !this.readsHello) {
        this.isDecided = true;
        this.readsHello = false;
      }
    } else if (this.live == 0) {
      this.at = this.diedAt;
      this.isDecided = true;
      this.readsHello = false;
    }
  }

  private bury(index: i32, death: i32, at: i32): void {
    const bit: u64 = 1;
    const shift = <u64>index;
    this.live &= ~(bit << shift);
    this.diedAt = max(this.diedAt, at);
    const trace = this.trace;
    if (trace !== null) trace.died(index, death, at);
  }

  private readHello(data: usize, length: i32): void {
    const isOver = changetype<ClientHello>(this.hello).feed(data, length);
    if (isOver && this.protocol == Protocol.Tls) this.isDecided = true;
  }

  /** No more octets: what is alive may match after all. What has matched already waits for a hello that stays cut off. */
  private end(reason: Reason): void {
    this.isDecided = true;
    if (this.protocol != Protocol.Unknown) return;
    this.reason = reason;
    this.at = this.consumed;
    const set = this.set;
    if (set === null || reason == Reason.Cap) return;
    let matched = 0;
    for (let rest = this.live; rest != 0; rest &= rest - 1) {
      const index = <i32>ctz(rest);
      const result = unchecked(set.probes[index]).finish(this.slotOf(index));
      if (result <= 0 || !set.has(<Protocol>result)) {
        this.bury(index, Death.EndOfStream, this.consumed);
        continue;
      }
      if (matched != 0 && matched != result) this.isAmbiguous = true;
      matched = matched == 0 ? result : min(matched, result);
    }
    this.protocol = <Protocol>matched;
  }


  @inline
  private slotOf(index: i32): Slot {
    const bit: u64 = 1;
    const shift = <u64>index;
    const number = <usize>popcnt(this.candidates & ((bit << shift) - 1));
    return changetype<Slot>(changetype<usize>(this.slots) + number * offsetof<Slot>());
  }

  private traceFirst(trace: Trace, set: ProbeSet, octet: u32): void {
    const slot = changetype<Slot>(new StaticArray<u8>(offsetof<Slot>()));
    for (let i = 0; i < set.probes.length; i++) {
      memory.fill(changetype<usize>(slot), 0, offsetof<Slot>());
      const result = set.probes[i].step(slot, octet, 0);
      if (result < 0) trace.died(i, result, 1);
    }
  }
}
