// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { Action } from "../act/action";
import { Actions } from "../act/actions";
import { PendingQueue } from "../act/pending";
import { ProbeSet } from "../detect/probe-set";
import { Protocol } from "../detect/protocol";
import { isHttp, protocolsOf, UNKNOWN } from "./names";

const DEFAULT_MAX_BYTES: u32 = 8192;
/** Envoy's own inspectors stop there too. */
const MOST_BYTES: u32 = 65536;
const NANOSECONDS: u64 = 1_000_000;
/** Milliseconds of a day: a longer deadline is a mistake. */
const LONGEST_DEADLINE: u64 = 86_400_000;
/**
 * Milliseconds for a PROXY header where no deadline is configured, as Envoy's own filter for it has by the default of
 * `listener_filters_timeout`. Whoever must send one sends it first of all, and what has none is closed anyway.
 */
const HEADER_DEADLINE: u64 = 15_000;
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
  /** Whether the configuration says how long it takes. */
  private saysDeadline: bool = false;
  /** Whether the configuration says what a deadline does. */
  private saysOnDeadline: bool = false;
  /** Whether the configuration says what becomes of the unknown. */
  private saysOnUnknown: bool = false;
  /**
   * Whether HTTP is looked for and has an action of its own, which is what HTTP policy looks like from here: then nothing
   * that may be HTTP to a server goes where the rest goes, unless the configuration says so.
   */
  private guardsHttp: bool = false;

  /**
   * What holds until a configuration says otherwise.
   *
   * @param actions null where nothing is done with connections
   */
  static standard(protocols: Array<Protocol>, waitsForHello: bool, actions: Actions | null): Detection {
    const detection = new Detection();
    detection.protocols = protocols;
    detection.waitsForHello = waitsForHello;
    detection.guard(actions);
    return detection;
  }

  /** Reads a `detection`, or a `detect` that says what is other than in `base`. */
  static read(object: JsonObject, base: Detection, actions: Actions | null): Detection {
    const detection = new Detection();
    detection.protocols = object.has("protocols") ? protocolsOf(object.array("protocols")) : base.protocols;
    if (detection.protocols.length == 0) object.refuse("protocols", "must not be empty");
    detection.maxBytes = object.u32Or("max_bytes", base.maxBytes, 1, MOST_BYTES);
    detection.readDeadline(object, base);
    detection.saysOnDeadline = base.saysOnDeadline || object.has("on_deadline");
    detection.saysOnUnknown = base.saysOnUnknown || object.has("on_unknown");
    detection.closesOnDeadline = base.closesOnDeadline;
    detection.closesUnknown = base.closesUnknown;
    detection.guard(actions);
    detection.closesOnDeadline = closes(object, "on_deadline", detection.closesOnDeadline);
    detection.closesUnknown = closes(object, "on_unknown", detection.closesUnknown);
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
    detection.saysDeadline = this.saysDeadline;
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

  /** The action of what has been found by this; of TLS without regard to its hello. */
  actionOf(protocol: Protocol, actions: Actions): Action {
    const isUnknown = protocol == Protocol.Unknown || (this.guardsHttp && actions.isUnsure(protocol));
    if (!isUnknown) return actions.at(protocol);
    return this.closesUnknown ? Action.CLOSE : actions.at(Protocol.Unknown);
  }

  /** Where those wait whose PROXY header has not come. */
  headerQueue(queues: Array<PendingQueue>): PendingQueue | null {
    return this.saysDeadline ? this.queue : queueOf(queues, HEADER_DEADLINE);
  }

  private readDeadline(object: JsonObject, base: Detection): void {
    const nanoseconds = object.durationOr("deadline", base.deadline * NANOSECONDS);
    // One that is too short to be counted is one nevertheless.
    this.deadline = (nanoseconds + NANOSECONDS - 1) / NANOSECONDS;
    this.saysDeadline = base.saysDeadline || object.has("deadline");
    if (nanoseconds > LONGEST_DEADLINE * NANOSECONDS) object.refuse("deadline", "must be a day at most");
  }

  /** What is late, and what may be HTTP, must not go with the rest where HTTP goes elsewhere. */
  private guard(actions: Actions | null): void {
    if (actions === null) return;
    this.guardsHttp = actions.hasHttp && this.looksForHttp;
    if (!this.saysOnDeadline) this.closesOnDeadline = this.guardsHttp;
    if (!this.saysOnUnknown) this.closesUnknown = this.guardsHttp && !actions.has(UNKNOWN);
  }

  private get looksForHttp(): bool {
    for (let i = 0; i < this.protocols.length; i++) if (isHttp(this.protocols[i])) return true;
    return false;
  }
}

function closes(object: JsonObject, name: string, otherwise: bool): bool {
  return object.choiceOr(name, FATES, otherwise ? 1 : 0) == 1;
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
