// SPDX-License-Identifier: Apache-2.0
import { callbackNumber } from "../abi/callback";
import { Status } from "../abi/enums";
import { logError } from "./log";
import { Counter } from "./metric";

/**
 * Something that a context asks of another service: an `HttpCall`, a `GrpcCall` or a `GrpcStream`. `Context.dispatch`
 * sends it and its answer comes to a callback of the context that sent it. Extend one of the three to carry what the
 * answer needs.
 */
export abstract class Callout {
  private _why: string = "";
  /** @internal The host's number; meaningful while `pending`. */
  _token: u32 = 0;
  /** @internal Who waits for the answer, 0 when nobody does. */
  _contextId: u32 = 0;
  /** @internal The next one in the same bucket of `InFlight`. */
  _chained: Callout | null = null;
  /** @internal Neighbours in the `CalloutList` of the context that waits. */
  _next: Callout | null = null;
  /** @internal */
  _previous: Callout | null = null;

  /** Whether an answer is still to come. */
  get pending(): bool {
    return this._contextId != 0;
  }

  /** Why it was not sent, in words, when `dispatch` did not return `Ok`; the host gives no more than a number. */
  get refusal(): string {
    return this._why;
  }

  /** @internal Sends it for a context that is effective. */
  abstract _start(contextId: u32): Status;

  /** @internal Nobody waits any more. `answered` when the host will bring the answer all the same. */
  abstract _abandon(answered: bool): void;

  /** @internal Its context waits for it no more. */
  _release(): void {
    const next = this._next;
    const previous = this._previous;
    if (next !== null) next._previous = previous;
    if (previous !== null) previous._next = next;
    this._next = null;
    this._previous = null;
    this._contextId = 0;
  }

  /** @internal Notes why it is not sent and says so in the log. */
  _refuse(what: string, why: string, status: Status): Status {
    this._why = why;
    logError(`tremula: ${what} refused: ${why}`);
    return status;
  }
}

/** Those that one context waits for; itself the head of the list, so that each can leave it without knowing whose it is. */
@final
export class CalloutList extends Callout {
  add(call: Callout): void {
    const first = this._next;
    if (first !== null) first._previous = call;
    call._next = first;
    call._previous = this;
    this._next = call;
  }

  _start(contextId: u32): Status {
    return Status.BadArgument;
  }

  /** The context is gone. */
  _abandon(answered: bool): void {
    for (let call = this._next; call !== null; call = this._next) {
      call._release();
      call._abandon(answered);
    }
  }
}

const BUCKETS: i32 = 64;

/** The callouts of one kind that are under way, found by token. Chains hang from a fixed number of buckets. */
@final
export class InFlight {
  private readonly buckets: StaticArray<Callout | null> = new StaticArray<Callout | null>(BUCKETS);

  add(call: Callout): void {
    const bucket = bucketOf(call._token);
    call._chained = unchecked(this.buckets[bucket]);
    unchecked((this.buckets[bucket] = call));
  }

  find(token: u32): Callout | null {
    let call = unchecked(this.buckets[bucketOf(token)]);
    while (call !== null && call._token != token) call = call._chained;
    return call;
  }

  remove(call: Callout): void {
    const bucket = bucketOf(call._token);
    let before: Callout | null = null;
    let at = unchecked(this.buckets[bucket]);
    while (at !== null && at !== call) {
      before = at;
      at = at._chained;
    }
    if (at === null) return;
    if (before !== null) before._chained = call._chained;
    else unchecked((this.buckets[bucket] = call._chained));
    call._chained = null;
  }
}

/** Envoy gives the two low bits of a token to its kind (proxy-wasm-cpp-host include/proxy-wasm/wasm.h). */
@inline
function bucketOf(token: u32): i32 {
  return <i32>((token >> 2) & (BUCKETS - 1));
}

/** The callback in which a callout last failed as it was sent. */
let failedIn: u32 = u32.MAX_VALUE;

/** A callout has failed as it was sent, of which Envoy will try to tell the module when this callback has returned. */
export function noteFailure(): void {
  failedIn = callbackNumber();
}

/**
 * Whether a callout has failed in this callback. If a gRPC stream then fails too, Envoy calls the module's metadata callbacks
 * at once, inside `proxy_grpc_stream`; when they return it sees to what it has put off, finds that a callback still runs, puts
 * it off again, and so on for ever: the worker hangs (1.40.0; source/extensions/common/wasm/context.cc, onGrpcCloseWrapper,
 * with proxy-wasm-cpp-host's doAfterVmCallActions).
 */
export function hasFailed(): bool {
  return failedIn == callbackNumber();
}

// Answers that reach nobody are dropped and counted: those of streams that have ended meanwhile at
// wasmcustom.tremula.dropped_callouts, those of callouts that this VM never sent at wasmcustom.tremula.unknown_token.
// @ts-ignore: decorator
@lazy
const droppedCallouts = new Counter("tremula.dropped_callouts");
// @ts-ignore: decorator
@lazy
const unknownTokens = new Counter("tremula.unknown_token");

/** How many answers are still to come for streams that have ended; instead of a list of their tokens. */
let abandoned: u32 = 0;

/** An answer will come that nobody waits for. */
export function expectNobody(): void {
  abandoned++;
}

/** Counts an answer whose token is not, or no longer, known. */
export function countUnknown(): void {
  if (abandoned == 0) {
    unknownTokens.increment();
    return;
  }
  abandoned--;
  droppedCallouts.increment();
}

/** Counts an answer whose stream the host no longer has. */
export function countDropped(): void {
  droppedCallouts.increment();
}
