// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { proxy_http_call } from "../abi/imports";
import { OUT } from "../abi/memory";
import { PairList } from "../abi/wire";
import { Bytes } from "../text/bytes";
import { Callout, expectNobody, InFlight, noteFailure } from "./callout";

/**
 * An HTTP request to a cluster of Envoy's configuration. Fill it in, send it with `dispatch` of a context, and read the
 * answer in that context's `onHttpCallResponse`. Envoy adds `content-length` and no `x-forwarded-for`.
 */
export class HttpCall extends Callout {
  /** Name of the cluster. */
  cluster: Bytes;
  method: Bytes;
  /** With the query, if any. */
  path: Bytes;
  authority: Bytes;
  /** Besides `:method`, `:path` and `:authority`, which have fields of their own. */
  headers: PairList = new PairList();
  body: Bytes = Bytes.EMPTY;
  /** Envoy takes them and does not send them (source/common/http/async_client_impl.cc, AsyncRequestSharedImpl). */
  trailers: PairList = new PairList();
  /** Milliseconds until Envoy gives up and answers 504; 0 for never. */
  timeoutMs: u32 = 5000;

  /** What is known as octets only, such as a cluster from the configuration, goes into the fields instead. */
  constructor(cluster: string = "", method: string = "GET", path: string = "/", authority: string = cluster) {
    super();
    this.cluster = Bytes.of(cluster);
    this.method = Bytes.of(method);
    this.path = Bytes.of(path);
    this.authority = Bytes.of(authority);
  }

  withHeader<N, V>(name: N, value: V): HttpCall {
    this.headers.add<N, V>(name, value);
    return this;
  }

  withBody<T>(body: T): HttpCall {
    this.body = Bytes.kept<T>(body);
    return this;
  }

  start(contextId: u32): Status {
    const problem = this.problem();
    if (problem.length > 0) return this.refuse("HTTP call", problem, Status.BadArgument);
    // Names and counts are checked, so that these are there.
    const list = new PairList()
      .add(":method", this.method)
      .add(":path", this.path)
      .add(":authority", this.authority)
      .addAll(this.headers);
    const headers = list.encode();
    const trailers = this.trailers.encode();
    if (headers === null) return this.refuse("HTTP call", `its headers: ${list.problem}`, Status.BadArgument);
    if (trailers === null) {
      return this.refuse("HTTP call", `its trailers: ${this.trailers.problem}`, Status.BadArgument);
    }
    const status = proxy_http_call(
      this.cluster.ptr,
      <usize>this.cluster.length,
      changetype<usize>(headers),
      <usize>headers.byteLength,
      this.body.ptr,
      <usize>this.body.length,
      changetype<usize>(trailers),
      <usize>trailers.byteLength,
      this.timeoutMs,
      OUT,
    );
    if (status == Status.InternalFailure) noteFailure();
    if (status != Status.Ok) return this.refuse("HTTP call", this.reasonOf(status), status);
    if (!heard) return Status.Ok;
    this.token = load<u32>(OUT);
    this.contextId = contextId;
    httpCalls.add(this);
    return Status.Ok;
  }

  abandon(answered: bool): void {
    httpCalls.remove(this);
    if (answered) expectNobody();
  }

  /** What the host would refuse, or send as it is, without a word. */
  private problem(): string {
    if (this.pending) return "it is under way already";
    if (this.cluster.isEmpty) return "no cluster is named";
    if (this.method.isEmpty) return ":method is empty";
    if (this.path.isEmpty) return ":path is empty";
    if (this.authority.isEmpty) return ":authority is empty";
    if (this.headers.has(":method") || this.headers.has(":path") || this.headers.has(":authority")) {
      return ":method, :path and :authority are fields of the call, not headers";
    }
    if (this.timeoutMs > <u32>i32.MAX_VALUE) return "its timeout is too long";
    return "";
  }

  /** The headers being right, each status has one cause left (Envoy: context.cc, httpCall). */
  private reasonOf(status: Status): string {
    const cluster = this.cluster.toString();
    if (status == Status.BadArgument) return `Envoy has no cluster "${cluster}"`;
    if (status == Status.InternalFailure) return `cluster "${cluster}" has no host to send it to`;
    return `status ${(<i32>status).toString()} from the host`;
  }
}

// @ts-ignore: decorator
@lazy
const httpCalls = new InFlight();

/** Whether this module exports the callback that brings answers; without it nothing is kept to wait for them. */
let heard: bool = false;

/** For the callback. @returns true */
export function hear(): bool {
  heard = true;
  return true;
}

/** For the callback: the call that a token belongs to, off the list of those under way; or null. */
export function answered(token: u32): HttpCall | null {
  const call = httpCalls.find(token);
  if (call !== null) httpCalls.remove(call);
  return changetype<HttpCall | null>(call);
}
