// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { PendingQueue } from "../act/pending";
import { ProbeSet } from "../detect/probe-set";
import { Protocol } from "../detect/protocol";
import { isHttp, protocolsOf } from "./names";

const DEFAULT_MAX_BYTES: u32 = 8192;
/** Envoy's own inspectors stop there too. */
const MOST_BYTES: u32 = 65536;
const NANOSECONDS: u64 = 1_000_000;
/** Milliseconds of a day: a longer deadline is a mistake. */
const LONGEST_DEADLINE: u64 = 86_400_000;
/** Octets of the longest HTTP/1 method that is taken. */
const LONGEST_METHOD: i32 = 32;

// @ts-ignore: decorator
@lazy
const FATES: StaticArray<string> = ["pass", "close"];

/** How bytes are examined, and for how long. */
@final
export class Detection {
  /** Octets after which it is given up. */
  maxBytes: i32 = DEFAULT_MAX_BYTES;
  /** Milliseconds; 0 for none. */
  deadline: u64 = 0;
  closesOnDeadline: bool = false;
  closesUnknown: bool = false;
  /** Whether a TLS connection is examined until its ClientHello is whole, for server name and application protocols. */
  waitsForHello: bool = false;
  /** HTTP/1 methods; none for those of the standards. */
  methods: Array<Bytes> = [];
  protocols: Array<Protocol> = [];
  probes!: ProbeSet;
  private isCompiled: bool = false;
  /** Where those wait whose deadline this is; null without one. */
  queue: PendingQueue | null = null;
  /** Whether the configuration says what a deadline does. */
  private saysOnDeadline: bool = false;

  /** What holds until a configuration says otherwise; HTTP policy somewhere makes a deadline close. */
  static standard(protocols: Array<Protocol>, waitsForHello: bool): Detection {
    const detection = new Detection();
    detection.protocols = protocols;
    detection.waitsForHello = waitsForHello;
    return detection;
  }

  /**
   * Reads a `detection`, or a `detect` that says what is other than in `base`.
   *
   * @param hasHttpPolicy whether HTTP goes elsewhere than the rest, so that what is late must not go with the rest
   */
  static read(object: JsonObject, base: Detection, hasHttpPolicy: bool): Detection {
    const detection = new Detection();
    detection.protocols = object.has("protocols") ? protocolsOf(object.array("protocols")) : base.protocols;
    if (detection.protocols.length == 0) object.refuse("protocols", "must not be empty");
    detection.maxBytes = object.u32Or("max_bytes", base.maxBytes, 1, MOST_BYTES);
    detection.readDeadline(object, base, hasHttpPolicy);
    detection.closesUnknown = object.choiceOr("on_unknown", FATES, base.closesUnknown ? 1 : 0) == 1;
    detection.methods = object.has("methods") ? methodsOf(object) : base.methods;
    detection.waitsForHello = object.boolOr("wait_for_hello", base.waitsForHello);
    return detection;
  }

  /** The same for one protocol that is declared: all else is closed. */
  enforcing(protocols: Array<Protocol>): Detection {
    const detection = new Detection();
    detection.protocols = protocols;
    detection.maxBytes = this.maxBytes;
    detection.deadline = this.deadline;
    detection.closesOnDeadline = true;
    detection.closesUnknown = true;
    detection.methods = this.methods;
    detection.waitsForHello = this.waitsForHello;
    return detection;
  }

  /** To be called before it is used; once is enough. */
  compile(queues: Array<PendingQueue>): Detection {
    if (this.isCompiled) return this;
    this.isCompiled = true;
    this.probes = ProbeSet.of(this.protocols, this.methods, this.waitsForHello);
    if (this.deadline > 0) this.queue = queueOf(queues, this.deadline);
    return this;
  }

  private readDeadline(object: JsonObject, base: Detection, hasHttpPolicy: bool): void {
    const nanoseconds = object.durationOr("deadline", base.deadline * NANOSECONDS);
    // One that is too short to be counted is one nevertheless.
    this.deadline = (nanoseconds + NANOSECONDS - 1) / NANOSECONDS;
    if (nanoseconds > LONGEST_DEADLINE * NANOSECONDS) object.refuse("deadline", "must be a day at most");
    this.saysOnDeadline = base.saysOnDeadline || object.has("on_deadline");
    let closes = base.closesOnDeadline;
    if (!base.saysOnDeadline) closes = hasHttpPolicy && this.looksForHttp;
    this.closesOnDeadline = object.choiceOr("on_deadline", FATES, closes ? 1 : 0) == 1;
  }

  private get looksForHttp(): bool {
    for (let i = 0; i < this.protocols.length; i++) if (isHttp(this.protocols[i])) return true;
    return false;
  }
}

function methodsOf(object: JsonObject): Array<Bytes> {
  const methods: Array<Bytes> = [];
  const texts = object.array("methods");
  for (let i = 0; i < texts.length; i++) {
    const method = texts.string(i).copy();
    if (!isMethod(method)) {
      texts.refuse(i, `must be 1 to ${LONGEST_METHOD} capital letters, digits, - or _`);
      break;
    }
    methods.push(method);
  }
  if (texts.length == 0) object.refuse("methods", "must not be empty");
  return methods;
}

function isMethod(text: Bytes): bool {
  for (let i = 0; i < text.length; i++) {
    const octet = <u32>text.at(i);
    if (octet - 0x41 >= 26 && octet - 0x30 >= 10 && octet != 0x2d && octet != 0x5f) return false;
  }
  return text.length > 0 && text.length <= LONGEST_METHOD;
}

/** The queue of a deadline: equal ones share it. */
function queueOf(queues: Array<PendingQueue>, deadline: u64): PendingQueue {
  for (let i = 0; i < queues.length; i++) if (queues[i].period == deadline) return queues[i];
  const queue = new PendingQueue(deadline);
  queues.push(queue);
  return queue;
}
