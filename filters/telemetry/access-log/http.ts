// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  ConnectionAttributes,
  FilterHeadersStatus,
  HttpContext,
  monotonicNanoseconds,
  Property,
  RequestAttributes,
  ResponseAttributes,
  SourceAttributes,
} from "tremula/assembly";
import { AccessLogPolicy } from "./plugin";

/** The filter state, behind `wasm.`. */
export const STATE = "istio.access_log_policy";

// @ts-ignore: decorator
@lazy
const POLICY = new Property(STATE);

/** One request, which is worth a line in the access log or not. */
@final
export class AccessLogStream extends HttpContext {
  constructor(private readonly plugin: AccessLogPolicy) {
    super();
  }

  /** The stream has ended; Envoy's access loggers run behind the filters. */
  onLog(): void {
    const plugin = this.plugin;
    const isWorth = this.isFailure() || this.isSlow() || this.isFirst() || plugin.isSample();
    POLICY.set(isWorth ? "yes" : "no");
    if (isWorth) plugin.logged.increment();
    else plugin.skipped.increment();
  }

  /** One without an answer, too: its client has gone, and Istio's policy took its code, 0, for a success. */
  private isFailure(): bool {
    const code = ResponseAttributes.code;
    if (code >= 400 || code <= 0) return true;
    const type = this.responseHeaders.get("content-type");
    if (type === null || !type.startsWithIgnoreCase("application/grpc")) return false;
    return ResponseAttributes.grpcStatus > 0;
  }

  private isSlow(): bool {
    const slow = this.plugin.config.slow;
    return slow > 0 && <u64>max<i64>(RequestAttributes.duration, 0) >= slow;
  }

  private isFirst(): bool {
    const address = SourceAttributes.address;
    const identity = ConnectionAttributes.uriSanPeerCertificate;
    return this.plugin.clients.isDue(
      address !== null ? address : Bytes.EMPTY,
      identity !== null ? identity : Bytes.EMPTY,
      monotonicNanoseconds(),
    );
  }
}
