// SPDX-License-Identifier: Apache-2.0
import { GrpcStatus, Status } from "../abi/enums";
import { proxy_send_local_response } from "../abi/imports";
import { PairList } from "../abi/wire";
import { Bytes } from "../text/bytes";
import { logError } from "./log";

/**
 * An answer that Envoy gives itself. Fields may be set in any order; `HttpContext.sendLocalResponse` sends it.
 *
 * To a gRPC client Envoy turns it into a trailers-only response, with `grpcStatus`, or one derived from `statusCode`
 * when it is `GrpcStatus.None`, and the body as `grpc-message`.
 */
@final
export class LocalResponse {
  /** Empty for none. */
  body: Bytes = Bytes.EMPTY;
  /** Besides those that Envoy makes: `:status`, `content-length`, `content-type`, `date` and `server`. */
  headers: PairList = new PairList();
  /** Response code details, for access logs: `%RESPONSE_CODE_DETAILS%`. Spaces become underscores in Envoy. */
  details: Bytes = Bytes.EMPTY;
  /** For gRPC clients; `None` derives it from `statusCode`. */
  grpcStatus: GrpcStatus = GrpcStatus.None;

  /** @param statusCode from 200 to 599; any other is refused when it is sent */
  constructor(public statusCode: u32) {}

  /** A gRPC error: HTTP status 200 and a message, for clients that speak gRPC. */
  static grpc<T>(status: GrpcStatus, message: T): LocalResponse {
    const response = new LocalResponse(200);
    response.grpcStatus = status;
    response.body = Bytes.kept<T>(message);
    return response;
  }

  /** Sets the body; a `ByteWriter` is copied. */
  withBody<T>(body: T): LocalResponse {
    this.body = Bytes.kept<T>(body);
    return this;
  }

  /** Adds a header, to those that are there. */
  withHeader<N, V>(name: N, value: V): LocalResponse {
    this.headers.add<N, V>(name, value);
    return this;
  }

  /** Sets the response code details. */
  withDetails<T>(details: T): LocalResponse {
    this.details = Bytes.kept<T>(details);
    return this;
  }
}

/** For contexts: only they know whether an answer may still be sent. */
export function send(response: LocalResponse): Status {
  const code = response.statusCode;
  if (code < 200 || code > 599) {
    logError(`tremula: local response refused: ${code.toString()} is no final HTTP status code`);
    return Status.BadArgument;
  }
  const headers = response.headers.encode();
  if (headers === null) {
    logError(`tremula: local response refused: its headers: ${response.headers.problem}`);
    return Status.BadArgument;
  }
  const details = response.details;
  const body = response.body;
  return proxy_send_local_response(
    code,
    details.ptr,
    <usize>details.length,
    body.ptr,
    <usize>body.length,
    changetype<usize>(headers),
    <usize>headers.byteLength,
    response.grpcStatus,
  );
}
