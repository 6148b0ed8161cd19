// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { proxy_grpc_call } from "../abi/imports";
import { OUT } from "../abi/memory";
import { Bytes } from "../text/bytes";
import { GrpcCallout } from "./grpc";

/** A unary call: one message there, one message back. */
export class GrpcCall extends GrpcCallout {
  /** The serialized request. */
  message: Bytes = Bytes.EMPTY;
  /** Milliseconds until Envoy gives up, with `Internal` and "response_timeout" for a message; 0 for never. */
  timeoutMs: u32 = 5000;

  /** Sets the serialized request; a `ByteWriter` is copied. */
  withMessage<T>(message: T): GrpcCall {
    this.message = Bytes.kept<T>(message);
    return this;
  }

  /** @internal */
  protected _open(target: Bytes, metadata: ArrayBuffer): Status {
    return proxy_grpc_call(
      target.ptr,
      <usize>target.length,
      this.service.ptr,
      <usize>this.service.length,
      this.method.ptr,
      <usize>this.method.length,
      changetype<usize>(metadata),
      <usize>metadata.byteLength,
      this.message.ptr,
      <usize>this.message.length,
      this.timeoutMs,
      OUT,
    );
  }
}
