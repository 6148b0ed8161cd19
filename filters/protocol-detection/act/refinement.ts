// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Detector } from "../detect/detector";
import { Protocol } from "../detect/protocol";
import { ProtocolDetection } from "../plugin";
import { countRefinement } from "../stats";
import { labelProtocol } from "./labels";

/**
 * What comes to be known of a connection that is on its way: that HTTP/2 is gRPC, or what a server speaks by its greeting. It
 * is a label, and nothing that a route could depend on, as it may come in the first segment or much later.
 */
@final
export class Refinement {
  constructor(
    private readonly plugin: ProtocolDetection,
    /** Whose verdict is HTTP/2, or one for greetings. */
    private readonly detector: Detector,
  ) {}

  /**
   * Looks for gRPC.
   *
   * @param isFirst whether these octets follow those that told HTTP/2; all others follow those of the last call
   * @returns whether it is settled
   */
  hearClient(data: Bytes, isFirst: bool): bool {
    return this.detector.refine(data.ptr, data.length, isFirst) && this.publish(Protocol.Http2);
  }

  /** Looks at what the server has sent since the last call. @returns whether it is settled */
  hearServer(data: Bytes): bool {
    return this.detector.feed(data.ptr, data.length, false) && this.publish(Protocol.Unknown);
  }

  /** To be called at its end. */
  release(): void {
    this.plugin.returnDetector(this.detector);
  }

  private publish(known: Protocol): bool {
    const protocol = this.detector.protocol;
    if (protocol == known) return true;
    const name = this.plugin.nameOf(protocol);
    labelProtocol(name);
    countRefinement(name);
    return true;
  }
}
