// SPDX-License-Identifier: Apache-2.0
import { makeEffective } from "tremula/assembly/abi/callback";
import { HttpCall } from "tremula/assembly/host/http-call";
import { Bytes } from "tremula/assembly/text/bytes";
import { BaseContext } from "./contexts";
import { Headers, toList } from "./headers";

/** A call of `RootContext.httpCall`: who asked, and the function that gets the answer. */
@final
export class PendingCall extends HttpCall {
  constructor(
    private readonly origin: BaseContext,
    private readonly cb: (origin_context: BaseContext, headers: u32, body_size: usize, trailers: u32) => void,
  ) {
    super();
  }

  /** Takes the pseudo headers out of the list: they are fields here. */
  fill(cluster: string, headers: Headers, body: ArrayBuffer, trailers: Headers, timeoutMs: u32): void {
    this.cluster = Bytes.fromString(cluster);
    this.method = Bytes.EMPTY;
    this.path = Bytes.EMPTY;
    this.authority = Bytes.EMPTY;
    for (let i = 0; i < headers.length; i++) {
      const name = Bytes.fromBuffer(headers[i].key);
      const value = Bytes.fromBuffer(headers[i].value);
      if (name.equals(":method")) this.method = value;
      else if (name.equals(":path")) this.path = value;
      else if (name.equals(":authority")) this.authority = value;
      else this.headers.add(name, value);
    }
    this.body = Bytes.fromBuffer(body);
    this.trailers = toList(trailers);
    this.timeoutMs = timeoutMs;
  }

  /** Calls the function, with host functions acting on the context that asked; not at all when that is gone. */
  deliver(headers: u32, bodySize: usize, trailers: u32): void {
    if (makeEffective(this.origin.context_id)) this.cb(this.origin, headers, bodySize, trailers);
  }
}
