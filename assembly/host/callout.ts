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
  private why: string = "";
  /** For the SDK: the host's number; meaningful while `pending`. */
  token: u32 = 0;
  /** For the SDK: who waits for the answer, 0 when nobody does. */
  contextId: u32 = 0;
  /** For the SDK: the next one in the same bucket of `InFlight`. */
  chained: Callout | null = null;
  /** For the SDK: neighbours in the `CalloutList` of the context that waits. */
  next: Callout | null = null;
  previous: Callout | null = null;

  /** Whether an answer is still to come. */
  get pending(): bool {
    return this.contextId != 0;
  }

  /** Why it was not sent, in words, when `dispatch` did not return `Ok`; the host gives no more than a number. */
  get refusal(): string {
    return this.why;
  }

  /** For the SDK: sends it for a context that is effective. */
  abstract start(contextId: u32): Status;

  /** For the SDK: nobody waits any more. `answered` when the host will bring the answer all the same. */
  abstract abandon(answered: bool): void;

  /** For the SDK: its context waits for it no more. */
  release(): void {
    const next = this.next;
    const previous = this.previous;
    if (next !== null) next.previous = previous;
    if (previous !== null) previous.next = next;
    this.next = null;
    this.previous = null;
    this.contextId = 0;
  }

  /** For the SDK: notes why it is not sent and says so in the log. */
  refuse(what: string, why: string, status: Status): Status {
    this.why = why;
    logError(`tremula: ${what} refused: ${why}`);
    return status;
  }
}

/** Those that one context waits for; itself the head of the list, so that each can leave it without knowing whose it is. */
@final
export class CalloutList extends Callout {
  add(call: Callout): void {
    const first = this.next;
    if (first !== null) first.previous = call;
    call.next = first;
    call.previous = this;
    this.next = call;
  }

  start(contextId: u32): Status {
    return Status.BadArgument;
  }

  /** The context is gone. */
  abandon(answered: bool): void {
    for (let call = this.next; call !== null; call = this.next) {
      call.release();
      call.abandon(answered);
    }
  }
}

const BUCKETS: i32 = 64;

/** The callouts of one kind that are under way, found by token. Chains hang from a fixed number of buckets. */
@final
export class InFlight {
  private readonly buckets: StaticArray<Callout | null> = new StaticArray<Callout | null>(BUCKETS);

  add(call: Callout): void {
    const bucket = bucketOf(call.token);
    call.chained = unchecked(this.buckets[bucket]);
    unchecked((this.buckets[bucket] = call));
  }

  find(token: u32): Callout | null {
    let call = unchecked(this.buckets[bucketOf(token)]);
    while (call !== null && call.token != token) call = call.chained;
    return call;
  }

  remove(call: Callout): void {
    const bucket = bucketOf(call.token);
    let before: Callout | null = null;
    let at = unchecked(this.buckets[bucket]);
    while (at !== null && at !== call) {
      before = at;
      at = at.chained;
    }
    if (at === null) return;
    if (before !== null) before.chained = call.chained;
    else unchecked((this.buckets[bucket] = call.chained));
    call.chained = null;
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
