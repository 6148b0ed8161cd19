import { setTimeout as delay } from "node:timers/promises";
import type { RunningEnvoy } from "../envoy/index.js";
import { HarnessError } from "../errors.js";
import { NoAnswer, send } from "./client.js";
import type { CaseListener } from "./envoy-config.js";

/** An Envoy with nothing else to do answers in a millisecond. */
const ALIVE_MS = 5_000;

/** A listener without filters: it answers as long as Envoy's worker does anything at all. */
export const ALIVE: CaseListener = {
  name: "alive",
  filters: [],
  virtualHosts: [
    {
      name: "alive",
      domains: ["*"],
      routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }],
    },
  ],
};

/**
 * Makes sure that Envoy's worker still answers after a case has failed: one that is in a loop would let every further case
 * wait for its time limit.
 *
 * @param address where `ALIVE` listens
 * @throws {HarnessError} `ENVOY_HANGS`
 */
export async function requireAlive(
  envoy: RunningEnvoy,
  address: { readonly host: string; readonly port: number },
  since: string,
): Promise<void> {
  const request = { method: "GET", path: "/", authority: "alive", protocol: "http1", headers: [] } as const;
  try {
    await send(address, request, { timeoutMs: ALIVE_MS });
  } catch (cause) {
    if (!(cause instanceof NoAnswer)) throw cause;
    throw new HarnessError("ENVOY_HANGS", `Envoy's worker answers nobody any more, since "${since}"`, {
      cause,
      hint: `its config and log are in ${envoy.runDir}`,
    });
  }
}

/** Whatever a case waits for, the others get their turn. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = delay(milliseconds, undefined, { signal: late.signal }).then(() => {
    throw new Error(`the case did not end within ${milliseconds / 1000} s`);
  });
  try {
    return await Promise.race([work, timer]);
  } finally {
    timer.catch(() => undefined);
    late.abort();
  }
}
