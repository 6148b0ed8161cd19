import type { Callout, CalloutResponse } from "./callout.js";
import type { Host } from "./host.js";

/**
 * What an upstream does with a callout: a response, or one that depends on the callout; `null` leaves it to the test, and
 * to its time limit.
 */
export type CalloutAnswer =
  | CalloutResponse
  | "fail"
  | "refuse"
  | null
  | ((callout: Callout) => CalloutResponse | "fail" | "refuse" | null);

export interface AnswerOptions {
  /** How long the upstream takes, of the host's clock; 0 by default: answered in the next turn of the event loop. */
  readonly delayMs?: number;
}

/** The upstreams of callouts that answer by themselves, by the name of their cluster. */
export class CalloutAnswers {
  readonly #answers = new Map<string, { answer: CalloutAnswer; delayMs: number }>();

  constructor(private readonly host: Host) {}

  set(upstream: string, answer: CalloutAnswer, { delayMs = 0 }: AnswerOptions = {}): void {
    this.#answers.set(upstream, { answer, delayMs });
  }

  /** Has a callout answered, if its upstream is one of these. */
  arrange(callout: Callout): void {
    const found = this.#answers.get(callout.upstream);
    if (found === undefined) return;
    const deliver = (): void => give(found.answer, callout);
    if (found.delayMs > 0) this.host.clock.after(found.delayMs, deliver);
    else this.host.post(deliver);
  }
}

function give(answer: CalloutAnswer, callout: Callout): void {
  // Its time may be over, or its plugin gone.
  if (!callout.pending) return;
  const response = typeof answer === "function" ? answer(callout) : answer;
  if (response === "fail") callout.fail();
  else if (response === "refuse") callout.refuse();
  else if (response !== null) callout.respond(response);
}
