import type { Callout, Clock } from "../host/index.js";
import type { JwksPlan } from "../upstream/index.js";

/** What the way there and back takes; of the host's clock. */
const ROUND_TRIP_MS = 1;

const underWay = new WeakSet<Callout>();

/**
 * The JWKS server of the conformance cases (`startJwks`) without a server: each fetch is answered once.
 *
 * @returns false when it has been seen to already
 */
export function answerFetch(callout: Callout, clock: Clock, plan: JwksPlan): boolean {
  if (underWay.has(callout)) return false;
  underWay.add(callout);
  const { status, headers, body, delay, drip, close, cut } = plan.next(callout.headers.get(":path") ?? "/");
  const answer = (): void => {
    if (!callout.pending) return;
    if (close) return callout.refuse();
    if (cut) return callout.fail();
    const told = new Set(headers.map(([name]) => name.toLowerCase()));
    const added: [string, string][] = [
      ["content-type", "application/json"],
      ["content-length", String(body.length)],
    ];
    callout.respond({ status, headers: [...headers, ...added.filter(([name]) => !told.has(name))], body });
  };
  const takes = delay + (drip === undefined ? 0 : drip.every * (drip.pieces - 1));
  clock.after(Math.max(takes, ROUND_TRIP_MS), answer);
  return true;
}
