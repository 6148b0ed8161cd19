// SPDX-License-Identifier: Apache-2.0
import { Bytes, FilterStatus, TcpContext } from "tremula/assembly";
import { Action } from "./act/action";
import { labelHello } from "./act/labels";
import { PendingQueue } from "./act/pending";
import { Refinement } from "./act/refinement";
import { NO_HEADER, PARTIAL_HEADER } from "./act/proxy-header";
import { takeProxyHeader } from "./act/take-header";
import { carryOut } from "./act/verdict";
import { Detection } from "./config/detection";
import { TCP, UNKNOWN } from "./config/names";
import { Declaration, Treatment } from "./declare/declaration";
import { Detector } from "./detect/detector";
import { Protocol } from "./detect/protocol";
import { Reason } from "./detect/reason";
import { ProtocolDetection } from "./plugin";
import { MOST_REFINED } from "./probes/grpc";
import { abandoned, pending, proxyRefused } from "./stats";

/** Octets of a server that are looked at. */
const LONGEST_GREETING: i32 = 256;

/** Where a connection is. */
enum Stage {
  /** Its PROXY header has not come, or not all. */
  Header,
  /** Its bytes are examined. */
  Bytes,
  Passed,
  Closed,
}

/** One connection. */
@final
export class Connection extends TcpContext {
  // The queue of those with a deadline; see PendingQueue.
  before: Connection | null = null;
  after: Connection | null = null;
  /** The one that it is in. */
  private queue: PendingQueue | null = null;
  /** When its time is up, in milliseconds; 0 without a deadline. */
  due: u64 = 0;

  private stage: Stage = Stage.Passed;
  private declaration: Declaration | null = null;
  /** While it waits for its verdict. */
  private detection: Detection | null = null;
  /** Once the first bytes have not been enough. */
  private detector: Detector | null = null;
  /** Octets of a PROXY header that stay where they are. */
  private skipped: i32 = 0;
  /** Whether the server's greeting is waited for. */
  private hears: bool = false;
  /** While more may come to be known. */
  private refinement: Refinement | null = null;

  constructor(private readonly plugin: ProtocolDetection) {
    super();
  }

  onNewConnection(): FilterStatus {
    const plugin = this.plugin;
    const declaration = plugin.declaration();
    if (declaration === null) {
      const detection = plugin.config.detection;
      if (detection === null) return this.pass(Protocol.Unknown, Reason.Unknown);
      return this.hold(detection, Stage.Bytes, detection.queue);
    }
    this.declaration = declaration;
    if (declaration.hasProxyHeader) {
      return this.hold(declaration.detection, Stage.Header, declaration.headerQueue);
    }
    if (declaration.treatment == Treatment.Trusted) return this.trust(declaration);
    return this.hold(declaration.detection, Stage.Bytes, declaration.detection.queue);
  }

  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    const stage = this.stage;
    if (stage == Stage.Passed) {
      const refinement = this.refinement;
      if (refinement !== null && !this.hears && size > 0) {
        const data = this.downstreamData.get();
        if (data === null || refinement.hearClient(data, false)) this.endRefinement();
      }
      return FilterStatus.Continue;
    }
    if (stage == Stage.Closed) return FilterStatus.StopIteration;
    return this.examine(<i32>size - this.skipped, endOfStream);
  }

  onUpstreamData(size: u32, endOfStream: bool): FilterStatus {
    if (this.hears && size > 0) this.hearServer();
    return FilterStatus.Continue;
  }

  onDelete(): void {
    if (this.detection !== null) {
      this.release();
      abandoned.increment();
    }
    this.giveBack();
    this.endRefinement();
  }

  /** Its time is up. */
  onDeadline(): void {
    const detection = this.detection;
    if (detection === null) return;
    // Filter state is that of the connection that was acted on last: now this one.
    this.downstreamData;
    const detector = this.detector;
    // TLS is that before its hello is whole, and must not get around its action by being slow.
    const protocol = detector !== null ? detector.protocol : Protocol.Unknown;
    this.giveBack();
    const isLost = this.stage == Stage.Header || detection.closesOnDeadline;
    if (this.stage == Stage.Header) proxyRefused.increment();
    const action = isLost ? Action.CLOSE : this.plugin.config.actions.at(protocol);
    const status = this.settle(this.plugin.nameOf(protocol), Reason.Deadline, action);
    if (status == FilterStatus.Continue) this.continueDownstream();
  }

  /** Keeps the connection until its verdict. */
  private hold(detection: Detection, stage: Stage, queue: PendingQueue | null): FilterStatus {
    this.detection = detection;
    this.stage = stage;
    this.queue = queue;
    pending.add(1);
    if (queue !== null) this.plugin.hold(this, queue);
    return FilterStatus.StopIteration;
  }

  private release(): void {
    this.detection = null;
    pending.add(-1);
    this.leaveQueue();
  }

  private leaveQueue(): void {
    const queue = this.queue;
    this.queue = null;
    if (queue !== null) queue.remove(this);
  }

  /** Its detector is no longer needed. */
  private giveBack(): void {
    const detector = this.detector;
    if (detector === null) return;
    this.detector = null;
    this.plugin.returnDetector(detector);
  }

  private trust(declaration: Declaration): FilterStatus {
    return this.settle(declaration.name, Reason.Declared, declaration.action);
  }

  private pass(protocol: Protocol, reason: Reason): FilterStatus {
    return this.settle(this.plugin.nameOf(protocol), reason, this.plugin.config.actions.at(protocol));
  }

  private examine(size: i32, endOfStream: bool): FilterStatus {
    if (this.stage == Stage.Header) {
      const keeps = this.declaration !== null && changetype<Declaration>(this.declaration).keepsProxyHeader;
      const length = takeProxyHeader(this.downstreamData, size, keeps);
      if (length == NO_HEADER || (length == PARTIAL_HEADER && endOfStream))
        return this.refuseHeader(endOfStream);
      if (length == PARTIAL_HEADER) return FilterStatus.StopIteration;
      if (keeps) this.skipped = length;
      size -= length;
      this.stage = Stage.Bytes;
      // Its time may have been for the header alone.
      const detection = this.detection;
      if (detection !== null && detection.queue === null) this.leaveQueue();
    }
    const declaration = this.declaration;
    // Only a PROXY header was waited for.
    if (declaration !== null && declaration.treatment == Treatment.Trusted) return this.trust(declaration);
    return this.detect(size, endOfStream);
  }

  private refuseHeader(endOfStream: bool): FilterStatus {
    proxyRefused.increment();
    const reason = endOfStream ? Reason.EndOfStream : Reason.Unknown;
    return this.settle(this.plugin.nameOf(Protocol.Unknown), reason, Action.CLOSE);
  }

  /** @param size octets that the connection has sent, without a PROXY header */
  private detect(size: i32, endOfStream: bool): FilterStatus {
    const detection = this.detection;
    if (detection === null) return FilterStatus.Continue;
    let detector = this.detector;
    if (detector === null) {
      // What ends before its first octet is nothing, whatever is looked for.
      if (size == 0 && !endOfStream) return FilterStatus.StopIteration;
      detector = this.plugin.takeDetector(detection.probes, detection.maxBytes);
      this.detector = detector;
    } else if (size < detector.needed && !endOfStream) {
      return FilterStatus.StopIteration;
    }
    // Of a large segment no more is fetched than may be examined.
    const seen = detector.consumed;
    const fetched =
      size > seen ? this.downstreamData.get(this.skipped + seen, detection.maxBytes - seen) : null;
    const data = fetched !== null ? fetched : Bytes.EMPTY;
    if (!detector.feed(data.ptr, data.length, endOfStream)) return FilterStatus.StopIteration;
    const status = this.conclude(detector, detection);
    if (status == FilterStatus.Continue && detector.refines) {
      this.detector = null;
      const refinement = new Refinement(this.plugin, detector);
      this.refinement = refinement;
      // From where it was decided, and further than it was looked at: what comes next follows the whole segment.
      const rest = this.downstreamData.get(this.skipped + detector.at, MOST_REFINED);
      if (rest === null || refinement.hearClient(rest, true)) this.endRefinement();
    } else {
      this.giveBack();
    }
    return status;
  }

  private conclude(detector: Detector, detection: Detection): FilterStatus {
    const plugin = this.plugin;
    const declaration = this.declaration;
    let protocol = detector.protocol;
    let reason = detector.reason;
    if (protocol != Protocol.Unknown && declaration !== null && declaration.treatment == Treatment.Enforced) {
      reason = Reason.Declared;
      // Its first bytes are those of HTTP/2; that it is gRPC is the owner's word.
      if (declaration.protocol == Protocol.Grpc) protocol = Protocol.Grpc;
    }
    let action = detection.actionOf(protocol, plugin.config.actions);
    if (protocol == Protocol.Tls && detector.hasHello) {
      const serverName = detector.serverName;
      const protocols = detector.alpn;
      labelHello(serverName, protocols);
      action = action.forHello(serverName, protocols);
    }
    return this.settle(plugin.nameOf(protocol), reason, action);
  }

  private settle(name: Bytes, reason: Reason, action: Action): FilterStatus {
    const plugin = this.plugin;
    if (this.detection !== null) this.release();
    if (!carryOut(this, name, plugin.nameOfReason(reason), action, this.declaration)) {
      this.stage = Stage.Closed;
      return FilterStatus.StopIteration;
    }
    this.stage = Stage.Passed;
    this.hears = plugin.config.greetings !== null && (name.equals(UNKNOWN) || name.equals(TCP));
    return FilterStatus.Continue;
  }

  private hearServer(): void {
    const probes = this.plugin.config.greetings;
    let refinement = this.refinement;
    if (refinement === null && probes !== null) {
      refinement = new Refinement(this.plugin, this.plugin.takeDetector(probes, LONGEST_GREETING));
      this.refinement = refinement;
    }
    const data = this.upstreamData.get(0, LONGEST_GREETING);
    if (refinement === null || data === null || !refinement.hearServer(data)) return;
    this.hears = false;
    this.endRefinement();
  }

  private endRefinement(): void {
    const refinement = this.refinement;
    if (refinement === null) return;
    this.refinement = null;
    refinement.release();
  }
}
