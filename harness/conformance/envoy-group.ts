import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../envoy/index.js";
import type { CaseRequest } from "./cases.js";
import type { Observed } from "./check.js";
import { type ClientOptions, type ClientResponse, send } from "./client.js";
import type { Servers } from "./envoy-servers.js";
import type { Site } from "./envoy-site.js";
import { type Sending, tagOf } from "./requests.js";

/** How long an access log or a callout may take after what it tells of. */
const SETTLE_MS = 2_000;

/** Where a group of requests is sent. */
export interface Target {
  readonly site: Site;
  readonly servers: Servers;
  readonly address: { readonly host: string; readonly port: number };
  readonly client: ClientOptions;
}

/** Sends the requests of one group at the same time and says what came of each. */
export async function sendGroup(target: Target, group: readonly Sending[]): Promise<Observed[]> {
  const { name, listener } = target.site;
  const { echo, accessLog } = target.servers;
  const pause = Math.max(0, ...group.map(({ request }) => request.pause ?? 0));
  if (pause > 0) await delay(pause);
  echo.clear();
  const logged = accessLog.records(name).length;
  const asked = calloutsSeen(target);
  const responses = await Promise.all(group.map(({ request }) => sendOne(target, request, asked)));
  // One for each, even if nobody asks: a late one would be taken for the next request's.
  const want = listener.accessLog === undefined ? 0 : logged + group.length;
  await accessLog.waitFor(name, (all) => (all.length >= want ? all : undefined), SETTLE_MS);
  const records = accessLog.records(name).slice(logged);
  const received = echo.requests();
  return group.map(({ tag }, i) => ({
    response: responses[i]!,
    upstream: received.findLast(({ headers }) => tag === undefined || tagOf(headers) === tag),
    details: records.find((record) => tag === undefined || record["tag"] === tag)?.["details"],
  }));
}

async function sendOne(target: Target, request: CaseRequest, asked: number): Promise<ClientResponse> {
  const { abandon } = request;
  if (abandon === undefined) return send(target.address, request, target.client);
  const leave = new AbortController();
  const answer = send(target.address, request, { ...target.client, leave: leave.signal });
  try {
    await Promise.race([reasonToLeave(target, abandon, asked), answer]);
  } finally {
    leave.abort();
  }
  return answer;
}

async function reasonToLeave(target: Target, abandon: "callout" | number, asked: number): Promise<void> {
  if (abandon !== "callout") return delay(abandon);
  const check = () => (calloutsSeen(target) > asked ? true : undefined);
  await waitFor({ what: "a callout", timeoutMs: SETTLE_MS, intervalMs: 1, check });
}

function calloutsSeen({ servers, site }: Target): number {
  return servers.callouts.total + (site.jwks?.plan.total ?? 0);
}
