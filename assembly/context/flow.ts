// SPDX-License-Identifier: Apache-2.0
import { Status, StreamType } from "../abi/enums";
import { proxy_continue_stream } from "../abi/imports";

/** Where one direction of a stream stands; kept because Envoy does not check before it continues one. */
export enum Flow {
  Flowing,
  InCallback,
  /** Continued by the filter inside the callback that is about to return. */
  Resumed,
  Held,
  /** Answered or reset by the filter: nothing may be continued any more. */
  Ended,
}

/** The state on entry to a callback. */
@inline
export function enter(flow: Flow): Flow {
  return flow == Flow.Ended ? flow : Flow.InCallback;
}

/** What a callback's status becomes, given the state that the callback left: 0 is `Continue` in every status enum. */
@inline
export function statusAfter(flow: Flow, status: i32): i32 {
  return flow == Flow.Resumed ? 0 : status;
}

/** The state after a callback that returned `status`. */
@inline
export function leave(flow: Flow, status: i32): Flow {
  if (flow == Flow.Ended) return flow;
  return status == 0 ? Flow.Flowing : Flow.Held;
}

/** The state after `resume`, which asks the host only when the direction is held. */
@inline
export function resumed(flow: Flow): Flow {
  return flow == Flow.InCallback ? Flow.Resumed : flow == Flow.Held ? Flow.Flowing : flow;
}

/** Continues one direction, see `HttpContext.continueRequest`. */
export function resume(flow: Flow, stream: StreamType): Status {
  if (flow == Flow.InCallback || flow == Flow.Resumed) return Status.Ok;
  return flow == Flow.Held ? proxy_continue_stream(stream) : Status.BadArgument;
}
