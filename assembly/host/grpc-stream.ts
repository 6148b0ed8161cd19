// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { proxy_grpc_cancel, proxy_grpc_close, proxy_grpc_send, proxy_grpc_stream } from "../abi/imports";
import { OUT } from "../abi/memory";
import { Bytes } from "../text/bytes";
import { hasFailed } from "./callout";
import { condemn, currentEvent } from "./grpc-condemned";
import { GrpcCallout } from "./grpc";

/** Any number of messages in either direction. It has no timeout: cancel it when it takes too long. */
export class GrpcStream extends GrpcCallout {
  private ended: bool = false;
  /** For the callbacks: the event in which it was last called back for. */
  touchedIn: u32 = 0;

  protected problem(): string {
    return hasFailed() ? "another callout has failed in this callback; try in a later one" : super.problem();
  }

  /**
   * Sends a serialized message.
   *
   * @param last closes our half with it
   * @returns `BadArgument` when the stream is not open, or our half is closed
   */
  send<T>(message: T, last: bool = false): Status {
    if (!this.pending || this.ended) return Status.BadArgument;
    const octets = Bytes.of<T>(message);
    this.ended = last;
    return proxy_grpc_send(this.token, octets.ptr, <usize>octets.length, last ? 1 : 0);
  }

  /** Closes our half: the service learns that nothing more comes. `BadArgument` when it is closed. */
  end(): Status {
    if (!this.pending || this.ended) return Status.BadArgument;
    this.ended = true;
    return proxy_grpc_close(this.token);
  }

  protected reset(): Status {
    if (this.touchedIn != currentEvent()) return proxy_grpc_cancel(this.token);
    // Envoy may still be about to hand over more of what it has read for this stream, and up to 1.38 would hand it to what a
    // reset has freed. So our half is closed now, and the rest is done when something else happens.
    condemn(this.token);
    return proxy_grpc_close(this.token);
  }

  protected open(target: Bytes, metadata: ArrayBuffer): Status {
    this.ended = false;
    return proxy_grpc_stream(
      target.ptr,
      <usize>target.length,
      this.service.ptr,
      <usize>this.service.length,
      this.method.ptr,
      <usize>this.method.length,
      changetype<usize>(metadata),
      <usize>metadata.byteLength,
      OUT,
    );
  }
}
