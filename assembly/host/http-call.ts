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
 *
 * One that has been answered may be sent again. Sending allocates nothing, so a filter that calls for every request keeps a
 * few of them, or at least their `headers`: the list is checked when pairs are added, and any number of calls may have the
 * same.
 */
export class HttpCall extends Callout {
  /** Name of the cluster. */
  cluster: Bytes;
  /** `GET`, unless said otherwise. */
  method: Bytes;
  /** With the query, if any. */
  path: Bytes;
  /** Empty for the name of the cluster. */
  authority: Bytes;
  /** Empty for none. */
  body: Bytes = Bytes.EMPTY;
  /** Milliseconds until Envoy gives up and answers 504; 0 for never. */
  timeoutMs: u32 = 5000;
  private _headers: PairList | null = null;
  private _trailers: PairList | null = null;

  /** What is known as octets only, such as a cluster from the configuration, goes through `with…` or into the fields. */
  constructor(cluster: string = "", method: string = "GET", path: string = "/", authority: string = "") {
    super();
    this.cluster = Bytes.of(cluster);
    this.method = Bytes.of(method);
    this.path = Bytes.of(path);
    this.authority = Bytes.of(authority);
  }

  /** Besides `:method`, `:path` and `:authority`, which have fields of their own. */
  get headers(): PairList {
    let list = this._headers;
    if (list === null) {
      list = new PairList();
      this._headers = list;
    }
    return list;
  }

  set headers(list: PairList) {
    this._headers = list;
  }

  /** Envoy takes them and does not send them (source/common/http/async_client_impl.cc, AsyncRequestSharedImpl). */
  get trailers(): PairList {
    let list = this._trailers;
    if (list === null) {
      list = new PairList();
      this._trailers = list;
    }
    return list;
  }

  set trailers(list: PairList) {
    this._trailers = list;
  }

  /** @param cluster a string, `Bytes` or a `ByteWriter`, which is copied; likewise below */
  withCluster<C>(cluster: C): HttpCall {
    this.cluster = Bytes.kept<C>(cluster);
    return this;
  }

  /** Sets the method. */
  withMethod<M>(method: M): HttpCall {
    this.method = Bytes.kept<M>(method);
    return this;
  }

  /** @param path with the query, if any */
  withPath<P>(path: P): HttpCall {
    this.path = Bytes.kept<P>(path);
    return this;
  }

  /** Sets the authority; empty for the name of the cluster. */
  withAuthority<A>(authority: A): HttpCall {
    this.authority = Bytes.kept<A>(authority);
    return this;
  }

  /** Adds a header, to those that are there. */
  withHeader<N, V>(name: N, value: V): HttpCall {
    this.headers.add<N, V>(name, value);
    return this;
  }

  /** Sets the body. */
  withBody<T>(body: T): HttpCall {
    this.body = Bytes.kept<T>(body);
    return this;
  }

  /** @internal */
  _start(contextId: u32): Status {
    const problem = this._problem();
    if (problem.length > 0) return this._refuse("HTTP call", problem, Status.BadArgument);
    const list = this._allHeaders();
    const wrong = list.problem;
    if (wrong.length > 0) return this._refuse("HTTP call", `its headers: ${wrong}`, Status.BadArgument);
    const trailers = this._trailers;
    const wrongTrailers = trailers !== null ? trailers.problem : "";
    if (wrongTrailers.length > 0) {
      return this._refuse("HTTP call", `its trailers: ${wrongTrailers}`, Status.BadArgument);
    }
    const headersSize = <usize>list.encodedSize;
    const trailersSize = trailers !== null && trailers.count > 0 ? <usize>trailers.encodedSize : 0;
    const block = blockOf(headersSize + trailersSize);
    list.encodeTo(block);
    if (trailers !== null && trailersSize > 0) trailers.encodeTo(block + headersSize);
    // What it points to belongs to this call; the list must not keep it alive.
    list.clear();
    const status = proxy_http_call(
      this.cluster.ptr,
      <usize>this.cluster.length,
      block,
      headersSize,
      this.body.ptr,
      <usize>this.body.length,
      block + headersSize,
      trailersSize,
      this.timeoutMs,
      OUT,
    );
    if (status == Status.InternalFailure) noteFailure();
    if (status != Status.Ok) return this._refuse("HTTP call", this._reasonOf(status), status);
    if (!heard) return Status.Ok;
    this._token = load<u32>(OUT);
    this._contextId = contextId;
    httpCalls.add(this);
    return Status.Ok;
  }

  /** @internal */
  _abandon(answered: bool): void {
    httpCalls.remove(this);
    if (answered) expectNobody();
  }

  /** The pairs for the host, in a list that the next call uses again. */
  private _allHeaders(): PairList {
    const list = allHeaders
      .clear()
      .add(":method", this.method)
      .add(":path", this.path)
      .add(":authority", this.authority.isEmpty ? this.cluster : this.authority);
    const headers = this._headers;
    return headers !== null ? list.addAll(headers) : list;
  }

  /** What the host would refuse, or send as it is, without a word. */
  private _problem(): string {
    if (this.pending) return "it is under way already";
    if (this.cluster.isEmpty) return "no cluster is named";
    if (this.method.isEmpty) return ":method is empty";
    if (this.path.isEmpty) return ":path is empty";
    const headers = this._headers;
    if (headers !== null && (headers.has(":method") || headers.has(":path") || headers.has(":authority"))) {
      return ":method, :path and :authority are fields of the call, not headers";
    }
    if (this.timeoutMs > <u32>i32.MAX_VALUE) return "its timeout is too long";
    return "";
  }

  /** The headers being right, each status has one cause left (Envoy: context.cc, httpCall). */
  private _reasonOf(status: Status): string {
    const cluster = this.cluster.toString();
    if (status == Status.BadArgument) return `Envoy has no cluster "${cluster}"`;
    if (status == Status.InternalFailure) return `cluster "${cluster}" has no host to send it to`;
    return `status ${(<i32>status).toString()} from the host`;
  }
}

// @ts-ignore: decorator
@lazy
const allHeaders = new PairList();

/** Memory for the blocks of one call, which the host reads before its function returns. */
// @ts-ignore: decorator
@lazy
let blocks = Bytes.uninitialized(1024);

function blockOf(size: usize): usize {
  if (size > <usize>blocks.length) blocks = Bytes.uninitialized(max(<i32>size, blocks.length << 1));
  return blocks.ptr;
}

// @ts-ignore: decorator
@lazy
const httpCalls = new InFlight();

/** Whether this module exports the callback that brings answers; without it nothing is kept to wait for them. */
let heard: bool = false;

/** For the callback: notes that answers can come. @returns true */
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
