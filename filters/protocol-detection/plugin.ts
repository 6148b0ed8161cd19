// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  DestinationAttributes,
  IpAddress,
  monotonicNanoseconds,
  PluginContext,
  TcpContext,
} from "tremula/assembly";
import { declareLabels } from "./act/labels";
import { PendingQueue } from "./act/pending";
import { Config } from "./config/config";
import { Declaration } from "./declare/declaration";
import { unmap } from "./declare/mapped";
import { Detector } from "./detect/detector";
import { ProbeSet } from "./detect/probe-set";
import { Protocol, PROTOCOLS, protocolName } from "./detect/protocol";
import { Reason, reasonName } from "./detect/reason";
import { Connection } from "./tcp";

const NANOSECONDS: u64 = 1_000_000;
/** Milliseconds of the longest tick, so that the number fits. */
const LONGEST_TICK: u64 = 3_600_000;
/** Connections that one tick settles, so that the others are not kept waiting; the rest is for the next, a moment later. */
const MOST_PER_TICK: i32 = 256;
/** Detectors that are kept for reuse. */
const MOST_SPARE: i32 = 64;

// Names as octets, so that nothing is encoded for a connection.
// @ts-ignore: decorator
@lazy
const PROTOCOL_NAMES: StaticArray<Bytes> = encoded(PROTOCOLS, (i: i32) => protocolName(<Protocol>i));
// @ts-ignore: decorator
@lazy
const REASON_NAMES: StaticArray<Bytes> = encoded(Reason.Unknown + 1, (i: i32) => reasonName(<Reason>i));

/** One configuration of the filter on one worker. */
export class ProtocolDetection extends PluginContext {
  config!: Config;
  private readonly address: IpAddress = new IpAddress();
  private readonly spare: Array<Detector> = [];
  /** When the timer runs out, in milliseconds; 0 when it does not run. */
  private nextTick: u64 = 0;

  onConfigure(configuration: Bytes): bool {
    const config = Config.parse(configuration);
    if (config === null) return false;
    this.config = config;
    declareLabels(this);
    return true;
  }

  createTcpContext(): TcpContext {
    return new Connection(this);
  }

  /** What is declared for where the connection goes whose callback runs, or null. */
  declaration(): Declaration | null {
    const declarations = this.config.declarations;
    if (declarations.isEmpty) return null;
    const text = DestinationAttributes.address;
    const address = this.address;
    if (text === null || !address.parse(text)) return null;
    unmap(address);
    return declarations.at(address);
  }

  /** The name of a protocol, as it is published. */
  nameOf(protocol: Protocol): Bytes {
    return PROTOCOL_NAMES[protocol];
  }

  /** The name of a reason, as it is published. */
  nameOfReason(reason: Reason): Bytes {
    return REASON_NAMES[reason];
  }

  /** A detector for a connection. */
  takeDetector(probes: ProbeSet, maxBytes: i32): Detector {
    const detector = this.spare.length > 0 ? this.spare.pop() : new Detector();
    detector.reset(probes, maxBytes);
    return detector;
  }

  /** Takes it back. */
  returnDetector(detector: Detector): void {
    if (this.spare.length < MOST_SPARE) this.spare.push(detector);
  }

  /** Starts the time that a connection has. */
  hold(connection: Connection, queue: PendingQueue): void {
    const now = this.now();
    queue.add(connection, now);
    const wait = queue.wait(now);
    if (this.nextTick == 0 || now + wait < this.nextTick) this.tickIn(wait, now);
  }

  onTick(): void {
    const now = this.now();
    const queues = this.config.queues;
    let rest = MOST_PER_TICK;
    let wait = u64.MAX_VALUE;
    for (let i = 0; i < queues.length; i++) {
      const queue = unchecked(queues[i]);
      for (; rest > 0; rest--) {
        const due = queue.due(now);
        if (due === null) break;
        due.onDeadline();
      }
      wait = min(wait, queue.wait(now));
    }
    this.tickIn(wait, now);
  }

  private tickIn(wait: u64, now: u64): void {
    const isIdle = wait == u64.MAX_VALUE;
    const period = min(wait, LONGEST_TICK);
    this.nextTick = isIdle ? 0 : now + period;
    this.setTickPeriod(isIdle ? 0 : <u32>period);
  }

  /** Milliseconds. */
  private now(): u64 {
    return monotonicNanoseconds() / NANOSECONDS;
  }
}

function encoded(count: i32, nameOf: (i: i32) => string): StaticArray<Bytes> {
  const names = new StaticArray<Bytes>(count);
  for (let i = 0; i < count; i++) names[i] = Bytes.fromString(nameOf(i));
  return names;
}
