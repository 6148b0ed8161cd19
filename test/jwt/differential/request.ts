import fc from "fast-check";
import { mint, tokenPlan, type TokenPlan } from "./token.js";

/** Where a token goes, and what is around it. */
interface Placed {
  readonly place: "bearer" | "h1" | "h2" | "prefixed" | "query" | "q" | "cookie";
  readonly around: string;
  readonly token: TokenPlan;
}

/** A request, as a plan. */
export interface RequestPlan {
  readonly method: string;
  readonly path: string;
  readonly tokens: readonly Placed[];
  readonly headers: readonly (readonly [string, string])[];
}

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
}

const placed: fc.Arbitrary<Placed> = fc.record({
  place: fc.constantFrom(
    "bearer" as const,
    "bearer" as const,
    "h1" as const,
    "h2" as const,
    "prefixed" as const,
    "query" as const,
    "q" as const,
    "cookie" as const,
  ),
  around: fc.constantFrom("T", "T", "T", "T", "T", "T", " T", "T ", "T,x", '"T"', "xT", "", "T.", ".T", ";T"),
  token: tokenPlan,
});

const header: fc.Arbitrary<readonly [string, string]> = fc.constantFrom(
  ["authorization", "Basic eA=="] as const,
  ["x-payload", "spoofed"] as const,
  ["x-sub", "spoofed"] as const,
  ["x-n", "spoofed"] as const,
  ["origin", "http://o"] as const,
  ["access-control-request-method", "GET"] as const,
  ["x-other", "kept"] as const,
);

export const requestPlan: fc.Arbitrary<RequestPlan> = fc.record({
  method: fc.constantFrom("GET", "GET", "GET", "POST", "OPTIONS"),
  path: fc.constantFrom("/", "/p1", "/p1/", "/p1/x", "/p2", "/P1", "/none", "/p1?a=1&b=2", "/p2?x=y"),
  tokens: fc.oneof(
    { weight: 6, arbitrary: fc.array(placed, { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.array(placed, { minLength: 0, maxLength: 3 }) },
  ),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(header, { maxLength: 3 }) },
  ),
});

/** The request itself. */
export function build(plan: RequestPlan, now: number): SentRequest {
  const headers: [string, string][] = plan.headers.map(([name, value]) => [name, value]);
  const query: string[] = [];
  const cookies: string[] = [];
  for (const { place, around, token } of plan.tokens) {
    const text = around.replace("T", () => mint(token, now));
    if (place === "bearer") headers.push(["authorization", `Bearer ${text}`]);
    else if (place === "prefixed") headers.push(["h1", `tok ${text}`]);
    else if (place === "h1" || place === "h2") headers.push([place, text]);
    else if (place === "query") query.push(`access_token=${encodeSpaces(text)}`);
    else if (place === "q") query.push(`q=${encodeSpaces(text)}`);
    else cookies.push(`c=${text}`);
  }
  if (cookies.length > 0) headers.push(["cookie", cookies.join("; ")]);
  const joined = query.join("&");
  const path = joined === "" ? plan.path : plan.path + (plan.path.includes("?") ? "&" : "?") + joined;
  return { method: plan.method, path, headers };
}

function encodeSpaces(text: string): string {
  return text.replaceAll(" ", "%20").replaceAll('"', "%22");
}

/**
 * Whether a token's JSON has control characters, which RFC 8259 forbids within strings: the native filter takes them, ours
 * in neither mode.
 */
export function hasControlCharacters({ path, headers }: SentRequest): boolean {
  const sections = [path, ...headers.map(([, value]) => value)].join(" ").split(/[^A-Za-z0-9_-]+/);
  return sections.some((section) =>
    /^[{\[" ].*[\x00-\x1f]/s.test(Buffer.from(section, "base64url").toString("latin1")),
  );
}
