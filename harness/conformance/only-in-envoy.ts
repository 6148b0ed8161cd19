import type { Case } from "./cases.js";
import { routeOf, UnsupportedMatch } from "./node-routes.js";

/** Why a case cannot run in process; undefined when it can. */
export function onlyInEnvoy(one: Case): string | undefined {
  if (one.hosts !== undefined) return one.reason ?? "only in Envoy";
  if (one.accessLog !== undefined) return "the in-process host writes no access log";
  if (one.connections.length > 0)
    return one.plugins.length > 0 ? "the in-process host has one network filter" : undefined;
  if (one.inProcess === undefined) {
    const option = Object.keys(one.hcm ?? {}).find((name) => name !== "stat_prefix");
    if (option !== undefined) return `the in-process host has no connection manager with ${option}`;
    const [native] = [...(one.before ?? []), ...(one.after ?? [])];
    if (native !== undefined) return `the in-process host has no ${String(native["name"])}`;
  }
  try {
    for (const request of one.requests) routeOf(one, request);
  } catch (error) {
    if (!(error instanceof UnsupportedMatch)) throw error;
    return error.message;
  }
  return undefined;
}
