import type { JsonObject } from "../json.js";
import { claimPrincipal, oneOf, requestPrincipal } from "./claims.js";
import {
  cidrRange,
  headerMatcher,
  namespaceMatcher,
  pathPermission,
  principalMatcher,
  serviceAccountMatcher,
  textMatcher,
  trustDomainMatcher,
} from "./values.js";

/** On which side of Envoy's policies a condition stands. */
export type Side = "permission" | "principal";

/** What a rule asks of a request or connection, apart from the values. */
export interface Attribute {
  readonly side: Side;
  /** TCP has nothing of the kind. */
  readonly httpOnly: boolean;
  /** Envoy's form of several values, of which one has to fit. */
  anyOf(values: readonly string[]): JsonObject;
}

/** An attribute of which each value is a matcher by itself. */
function each(side: Side, httpOnly: boolean, matcher: (value: string) => JsonObject): Attribute {
  const anyOf = (values: readonly string[]): JsonObject => {
    const list = values.map(matcher);
    return side === "permission" ? { or_rules: { rules: list } } : { or_ids: { ids: list } };
  };
  return { side, httpOnly, anyOf };
}

/** One whose matcher takes several values. */
function together(
  side: Side,
  httpOnly: boolean,
  anyOf: (values: readonly string[]) => JsonObject,
): Attribute {
  return { side, httpOnly, anyOf };
}

const authenticated = (matcher: JsonObject): JsonObject => ({ authenticated: { principal_name: matcher } });

/** The fields of `source` and `operation`, and those keys of `when` that say the same. */
export const ATTRIBUTES = {
  host: each("permission", true, (value) => ({ header: headerMatcher(":authority", value, true) })),
  method: each("permission", true, (value) => ({ header: headerMatcher(":method", value) })),
  path: each("permission", true, pathPermission),
  destinationPort: each("permission", false, (value) => ({ destination_port: Number(value) })),
  destinationIp: each("permission", false, (value) => ({ destination_ip: cidrRange(value) })),
  serverName: each("permission", false, (value) => ({ requested_server_name: textMatcher(value) })),
  principal: each("principal", false, (value) => authenticated(principalMatcher(value))),
  namespace: each("principal", false, (value) => authenticated(namespaceMatcher(value))),
  trustDomain: each("principal", false, (value) => authenticated(trustDomainMatcher(value))),
  sourceIp: each("principal", false, (value) => ({ direct_remote_ip: cidrRange(value) })),
  remoteIp: each("principal", false, (value) => ({ remote_ip: cidrRange(value) })),
  requestPrincipal: together("principal", true, requestPrincipal),
} as const satisfies Record<string, Attribute>;

/** An account's namespace is that of the policy, unless it says another. */
export function serviceAccount(namespace: string): Attribute {
  return each("principal", false, (value) => authenticated(serviceAccountMatcher(value, namespace)));
}

/** The keys of `when` that are whole names. */
const KEYS: Readonly<Record<string, Attribute>> = {
  "source.ip": ATTRIBUTES.sourceIp,
  "remote.ip": ATTRIBUTES.remoteIp,
  "source.namespace": ATTRIBUTES.namespace,
  "source.principal": ATTRIBUTES.principal,
  "source.trustDomain": ATTRIBUTES.trustDomain,
  "request.auth.principal": ATTRIBUTES.requestPrincipal,
  "request.auth.audiences": together("principal", true, (values) => claimPrincipal(["aud"], values)),
  "request.auth.presenter": together("principal", true, (values) => claimPrincipal(["azp"], values)),
  "destination.ip": ATTRIBUTES.destinationIp,
  "destination.port": ATTRIBUTES.destinationPort,
  "connection.sni": ATTRIBUTES.serverName,
};

/**
 * What a key of `when` asks for; null for one that Istio does not have.
 *
 * @param namespace that of the policy
 */
export function attributeOf(key: string, namespace: string): Attribute | null {
  if (key === "source.serviceAccount") return serviceAccount(namespace);
  const known = Object.hasOwn(KEYS, key) ? KEYS[key]! : null;
  if (known !== null) return known;
  const header = /^request\.headers\[([^[\]]+)\]$/.exec(key)?.[1];
  if (header !== undefined) {
    return each("principal", true, (value) => ({ header: headerMatcher(header, value) }));
  }
  if (/^request\.auth\.claims(\[[^[\]]+\])+$/.test(key)) {
    const path = [...key.matchAll(/\[([^[\]]+)\]/g)].map(([, name]) => name!);
    return together("principal", true, (values) => claimPrincipal(path, values));
  }
  const [, filter, name] = /^experimental\.(envoy\.filters\.[^[\]]+)\[([^[\]]+)\]$/.exec(key) ?? [];
  if (filter === undefined || name === undefined) return null;
  return together("permission", false, (values) => metadata(filter, name, values));
}

/** Dynamic metadata of one of Envoy's filters; a value in brackets is that of a list's element. */
function metadata(filter: string, name: string, values: readonly string[]): JsonObject {
  const value = oneOf(
    values.map((text) => {
      if (!text.startsWith("[") || !text.endsWith("]")) return { string_match: textMatcher(text) };
      // All brackets go, as in Istio, whose trimming knows no pairs.
      const element = text.replace(/^[[\]]+|[[\]]+$/g, "");
      return { list_match: { one_of: { string_match: textMatcher(element) } } };
    }),
  );
  return { metadata: { filter, path: [{ key: name }], value } };
}
