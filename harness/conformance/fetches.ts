import type { JwksPlan } from "../upstream/jwks-plan.js";
import type { Case } from "./cases.js";
import type { SubjectName } from "./subject.js";

/** Every path of the case's JWKS server that was not fetched as often as the case says. */
export function missedFetches(one: Case, plan: JwksPlan, subject: SubjectName): string[] {
  const expected = (subject === "native" ? one.nativeFetches : undefined) ?? one.fetches ?? {};
  return Object.entries(expected).flatMap(([path, count]) => {
    const [from, to] = Array.isArray(count) ? count : [count, count];
    const got = plan.fetches(path);
    if (got >= from && got <= to) return [];
    return [`fetches of ${path}: expected ${from === to ? from : `${from} to ${to}`}, got ${got}`];
  });
}
