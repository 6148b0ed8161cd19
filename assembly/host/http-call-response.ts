// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { HostBuffer, httpCallBody } from "./body";
import { statusMessage } from "./callout-status";
import { HeaderMap, httpCallHeaders, httpCallTrailers } from "./headers";

const UNREAD: i32 = -1;

/** What came of an `HttpCall`. To be read in `onHttpCallResponse`: Envoy drops it when that returns. */
@final
export class HttpCallResponse {
  private code: i32 = UNREAD;

  constructor(
    private readonly headerCount: u32,
    /** Bytes of `body`. */
    public readonly bodySize: u32,
  ) {}

  /**
   * No answer came: the connection broke, or the answer is larger than Envoy buffers. A timeout is no failure but an
   * answer 504 from Envoy itself, and so is a 503 when it found no host.
   */
  get failed(): bool {
    return this.headerCount == 0;
  }

  /** An answer came, with a status code from 200 to 299. */
  get ok(): bool {
    return this.statusCode >= 200 && this.statusCode < 300;
  }

  /** 0 when the call failed. */
  get statusCode(): i32 {
    if (this.code == UNREAD) this.code = this.failed ? 0 : codeOf(httpCallHeaders.get(":status"));
    return this.code;
  }

  /** With `:status`. Cannot be changed. */
  get headers(): HeaderMap {
    return httpCallHeaders;
  }

  /** Cannot be changed. `body.get()` is null when the call failed. */
  get body(): HostBuffer {
    return httpCallBody;
  }

  /** Cannot be changed; without pairs when there were none. */
  get trailers(): HeaderMap {
    return httpCallTrailers;
  }

  /** Why the call failed, in Envoy's words ("reset"); empty when it did not. */
  get reason(): Bytes {
    return this.failed ? statusMessage() : Bytes.EMPTY;
  }
}

function codeOf(status: Bytes | null): i32 {
  let code = 0;
  if (status === null || status.length != 3) return 0;
  for (let i = 0; i < 3; i++) {
    const digit = status.at(i) - 0x30;
    if (<u32>digit > 9) return 0;
    code = code * 10 + digit;
  }
  return code;
}
