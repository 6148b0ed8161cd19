// SPDX-License-Identifier: Apache-2.0
import { isCurrent, makeEffective } from "../abi/callback";
import { GrpcStatus, Status } from "../abi/enums";
import { Callout, CalloutList } from "../host/callout";
import { DnsAnswer, DnsQuery } from "../host/dns-query";
import { evaluated, Expression } from "../host/expression";
import { LifeSpan, setFilterState } from "../host/filter-state";
import { GrpcCallout } from "../host/grpc";
import { HeaderMap } from "../host/headers";
import { HttpCall } from "../host/http-call";
import { HttpCallResponse } from "../host/http-call-response";
import { logError } from "../host/log";
import { Bytes } from "../text/bytes";
import { Value } from "../host/value";

/** What a context is for; cheaper to ask than `instanceof`, which compares against every subclass. */
export enum ContextKind {
  Plugin,
  Http,
  Tcp,
}

/** What every context has. Authors extend `PluginContext`, `HttpContext` or `TcpContext`. */
export abstract class Context {
  private _assignedId: u32 = 0;
  /** Callouts whose answers this context waits for. */
  private _callouts: CalloutList | null = null;

  constructor(
    /** @internal */
    public readonly _kind: ContextKind,
  ) {}

  /** The host's number for this context; 0 in the constructor, which runs before it is assigned, and after `onDelete`. */
  get id(): u32 {
    return this._assignedId;
  }

  /** @internal When the host's id is known, and when it is no more. */
  _assignId(id: u32): void {
    this._assignedId = id;
  }

  /**
   * The stream or plugin is complete and its access log is being written. Runs for a plugin context when the filter is
   * configured as an access logger (`envoy.access_loggers.wasm`). Whether it comes before or after `onDone` is the
   * host's choice.
   */
  onLog(): void {}

  /** The host has forgotten the context; nothing of it is called after this. */
  onDelete(): void {}

  /**
   * Sends an `HttpCall`, a `GrpcCall` or a `GrpcStream`. As many as wanted may be under way. Its answer comes to this
   * context, or is dropped when the context is gone by then. In a plugin's `onConfigure` remember that Envoy tries each
   * configuration on its main thread first.
   *
   * @returns why not, as a number, when it was not sent; `call.refusal` and the log say it in words
   */
  dispatch(call: Callout): Status {
    if (!makeEffective(this._assignedId)) {
      return call._refuse(
        "callout",
        "the context that sends it is gone, or not yet there",
        Status.BadArgument,
      );
    }
    const status = call._start(this._assignedId);
    if (status == Status.Ok && call.pending) this._waitFor(call);
    return status;
  }

  /**
   * The answer of a call that this context dispatched. The stream's own functions work: `continueRequest`,
   * `sendLocalResponse`, its headers while they are held, another `dispatch`.
   *
   * @param response to be read now: Envoy drops it when the callback has returned
   */
  onHttpCallResponse(call: HttpCall, response: HttpCallResponse): void {}

  /**
   * Sets a filter state object of Envoy's own, such as `envoy.tcp_proxy.cluster` or `envoy.network.upstream_server_name`,
   * on this stream. For notes of one's own `Property.set` is enough. Before Envoy 1.37 it acts on the context whose callback
   * runs, and so is refused with `NotFound` in an answer or a tick (envoyproxy/envoy#42227).
   *
   * @returns `NotFound` for a name that no extension of this Envoy makes objects for, and in a plugin context;
   *   `BadArgument` for a value that it does not take
   */
  setEnvoyFilterState<P, V>(path: P, value: V, span: LifeSpan = LifeSpan.FilterChain): Status {
    if (!makeEffective(this._assignedId)) return Status.BadArgument;
    return setFilterState(path, value, span);
  }

  /**
   * The value of an expression over this context, in its own callbacks only: Envoy evaluates over the context that it has
   * called, whatever is effective, so that in an answer or a tick it would be the plugin's (source/extensions/common/
   * wasm/foreign.cc).
   *
   * @returns null where the expression has no value, because an attribute is absent for instance
   */
  evaluate(expression: Expression): Value | null {
    if (!isCurrent(this._assignedId)) {
      logError("tremula: evaluate refused: the callback that runs is not this context's own");
      return null;
    }
    const value = evaluated(expression);
    return value !== null ? new Value(value) : null;
  }

  /**
   * A message for a `GrpcCall` or a `GrpcStream` that this context dispatched. As in `onHttpCallResponse` the stream's own
   * functions work, here and in the next three.
   *
   * @param message as the service serialized it
   */
  onGrpcMessage(call: GrpcCallout, message: Bytes): void {}

  /** Metadata before the first message; of streams only. To be read now. */
  onGrpcInitialMetadata(call: GrpcCallout, metadata: HeaderMap): void {}

  /** Metadata after the last message; of streams only. To be read now. */
  onGrpcTrailingMetadata(call: GrpcCallout, metadata: HeaderMap): void {}

  /**
   * A call or a stream is over: the last that is heard of it, and always heard unless it is canceled. After a unary call's
   * message comes `Ok`, which Envoy leaves out.
   */
  onGrpcClose(call: GrpcCallout, status: GrpcStatus, message: Bytes): void {}

  /**
   * The answer of a `DnsQuery` that this context dispatched. As in `onHttpCallResponse` the stream's own functions work.
   *
   * @param answer of no addresses when the name has none, or Envoy could not find out
   */
  onDnsAnswer(query: DnsQuery, answer: DnsAnswer): void {}

  /**
   * A host with functions of its own calls back. Stock Envoy never does.
   *
   * @param args what the function hands over
   */
  onForeignFunction(functionId: u32, args: Bytes): void {}

  /** @internal The context is gone, and with it everything it waits for. */
  _abandonCallouts(): void {
    const callouts = this._callouts;
    // Callouts belong to the plugin in Envoy: those of its streams are answered, those of its own end with it.
    if (callouts !== null) callouts._abandon(this._kind != ContextKind.Plugin);
  }

  private _waitFor(call: Callout): void {
    let callouts = this._callouts;
    if (callouts === null) {
      callouts = new CalloutList();
      this._callouts = callouts;
    }
    callouts.add(call);
  }
}
