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
  private _ended: bool = false;
  /** @internal The event in which it was last called back for. */
  _touchedIn: u32 = 0;

  /** @internal */
  protected _problem(): string {
    return hasFailed() ? "another callout has failed in this callback; try in a later one" : super._problem();
  }

  /**
   * Sends a serialized message.
   *
   * @param last closes our half with it
   * @returns `BadArgument` when the stream is not open, or our half is closed
   */
  send<T>(message: T, last: bool = false): Status {
    if (!this.pending || this._ended) return Status.BadArgument;
    const octets = Bytes.of<T>(message);
    this._ended = last;
    return proxy_grpc_send(this._token, octets.ptr, <usize>octets.length, last ? 1 : 0);
  }

  /** Closes our half: the service learns that nothing more comes. `BadArgument` when it is closed. */
  end(): Status {
    if (!this.pending || this._ended) return Status.BadArgument;
    this._ended = true;
    return proxy_grpc_close(this._token);
  }

  /** @internal */
  protected _reset(): Status {
    if (this._touchedIn != currentEvent()) return proxy_grpc_cancel(this._token);
    // Envoy may still be about to hand over more of what it has read for this stream, and up to 1.38 would hand it to what a
    // reset has freed. So our half is closed now, and the rest is done when something else happens.
    condemn(this._token);
    return proxy_grpc_close(this._token);
  }

  /** @internal */
  protected _open(target: Bytes, metadata: ArrayBuffer): Status {
    this._ended = false;
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
