import type { RequestAuthenticationSpec } from "../resources/index.js";
import { HarnessError } from "../errors.js";
import { nanosecondsOf, protobufDuration } from "./duration.js";
import { compact, unlessEmpty, type JsonObject } from "./json.js";
import type { Given } from "./resource.js";
import { validateTarget, type Problem } from "./target.js";

export type Authentication = Given<RequestAuthenticationSpec>;
export type JwtRule = NonNullable<RequestAuthenticationSpec["jwtRules"]>[number];

/** Where a provider of a JWT filter comes from. */
export interface ProviderOrigin {
  readonly provider: string;
  readonly authentication: Authentication;
  readonly rule: number;
}

/** A server that has keys, and the cluster by which Envoy reaches it. */
export interface KeyServer {
  readonly uri: string;
  readonly cluster: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** The configuration of a JWT filter. */
export interface JwtConfiguration {
  readonly configuration: JsonObject;
  readonly origins: readonly ProviderOrigin[];
  readonly servers: readonly KeyServer[];
}

/** Istio keeps keys that Envoy fetches for so long (`policy_applier.go`). */
const CACHE_DURATION = "300s";
/** Claims that hold several words, which Istio always splits. */
const SPACE_DELIMITED = ["permission", "scope"];

/**
 * RequestAuthentications as Istio translates them, all of a workload's into one filter. A request without a token passes; one
 * with a token that is not good for any of the rules does not. To ask for a token takes an AuthorizationPolicy.
 *
 * @param authentications those that apply to one workload, in Istio's order: that of its namespace first, each oldest first
 * @param nameCluster names the cluster of a server with keys
 */
export function translateAuthentications(
  authentications: readonly Authentication[],
  nameCluster: (host: string, port: number) => string,
): JwtConfiguration | null {
  const rules = authentications
    .flatMap((authentication) =>
      (authentication.spec.jwtRules ?? []).map((rule, index) => ({ authentication, rule, index })),
    )
    .sort((a, b) => compareTexts(a.rule.issuer ?? "", b.rule.issuer ?? ""));
  if (rules.length === 0) return null;

  const names = rules.map((_, index) => `origins-${index}`);
  const servers = new Map<string, KeyServer>();
  const providers = rules.map(({ rule }, index) => {
    const server = keyServer(rule, nameCluster);
    if (server) enter(servers, server);
    return [names[index]!, providerOf(rule, server)];
  });
  return {
    configuration: {
      providers: Object.fromEntries(providers) as JsonObject,
      rules: [{ match: { prefix: "/" }, requires: anyOfThemOrNone(names) }],
      bypass_cors_preflight: true,
    },
    origins: rules.map(({ authentication, index }, position) => ({
      provider: names[position]!,
      authentication,
      rule: index,
    })),
    servers: [...servers.values()],
  };
}

/** A server is one whatever is fetched from it, and Envoy takes no two clusters of one name. */
function enter(servers: Map<string, KeyServer>, server: KeyServer): void {
  const known = servers.get(server.cluster);
  if (known !== undefined && known.isTls !== server.isTls) {
    throw new HarnessError(
      "KEYS_TWO_WAYS",
      `keys are fetched from ${server.host}:${server.port} with TLS and without: ${known.uri} and ${server.uri}`,
    );
  }
  if (known === undefined) servers.set(server.cluster, server);
}

/**
 * In the order in which Istio asks for them, which decides between rules with the same issuer: the workload's namespace first,
 * and then the whole mesh's.
 *
 * @param authentications oldest first
 */
export function ownFirst(
  authentications: readonly Authentication[],
  { namespace }: { readonly namespace: string },
): Authentication[] {
  const isOwn = (one: Authentication) => one.namespace === namespace;
  return [...authentications.filter(isOwn), ...authentications.filter((one) => !isOwn(one))];
}

/** By UTF-16 code units, as nobody's locale has it. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A text, or undefined when there is nothing in it: to protobuf it is then not there. */
function unlessBlank(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function providerOf(rule: JwtRule, server: KeyServer | null): JsonObject {
  const timeout = protobufDuration(rule.timeout ?? "5s");
  const delimited = [...SPACE_DELIMITED, ...(rule.spaceDelimitedClaims ?? [])];
  return compact({
    issuer: unlessBlank(rule.issuer),
    audiences: unlessEmpty(rule.audiences ?? []),
    forward: rule.forwardOriginalToken === true ? true : undefined,
    forward_payload_header: unlessBlank(rule.outputPayloadToHeader),
    payload_in_metadata: "payload",
    normalize_payload_in_metadata: { space_delimited_claims: [...new Set(delimited)].sort() },
    from_headers: unlessEmpty(
      (rule.fromHeaders ?? []).map(({ name, prefix }) =>
        compact({ name, value_prefix: unlessBlank(prefix) }),
      ),
    ),
    from_params: unlessEmpty(rule.fromParams ?? []),
    from_cookies: unlessEmpty(rule.fromCookies ?? []),
    claim_to_headers: unlessEmpty(
      (rule.outputClaimToHeaders ?? []).map(({ header, claim }) => ({
        header_name: header,
        claim_name: claim,
      })),
    ),
    ...(server === null
      ? { local_jwks: { inline_string: ownKeys(rule) ?? "" } }
      : {
          remote_jwks: {
            http_uri: { uri: server.uri, cluster: server.cluster, timeout },
            cache_duration: CACHE_DURATION,
          },
        }),
  });
}

/** Keys in the rule itself come before an address. */
function keyServer(rule: JwtRule, nameCluster: (host: string, port: number) => string): KeyServer | null {
  const uri = keysAddress(rule);
  if (ownKeys(rule) !== undefined || uri === undefined) return null;
  const { protocol, hostname, port: written } = new URL(uri);
  const isTls = protocol === "https:";
  const port = written === "" ? (isTls ? 443 : 80) : Number(written);
  return { uri, cluster: nameCluster(hostname, port), host: hostname, port, isTls };
}

/** The address of a rule's keys, in either spelling. */
export function keysAddress(rule: JwtRule): string | undefined {
  return unlessBlank(rule.jwksUri) ?? unlessBlank(rule.jwks_uri);
}

/** The keys that stand in the rule itself. */
export function ownKeys({ jwks }: JwtRule): string | undefined {
  return unlessBlank(jwks);
}

/** A token of any of them, or no token at all; with several, each place may hold that of another. */
export function anyOfThemOrNone(providers: readonly string[]): JsonObject {
  const each = providers.map((name) => ({ provider_name: name }));
  const orNone = (requirement: JsonObject) => anyOf([requirement, { allow_missing: {} }]);
  if (each.length === 1) return orNone(each[0]!);
  return anyOf([...each, { requires_all: { requirements: each.map(orNone) } }]);
}

/** One of them, without a list of one, which Envoy refuses. */
export function anyOf(requirements: readonly JsonObject[]): JsonObject {
  return requirements.length === 1 ? requirements[0]! : { requires_any: { requirements } };
}

/** What Istio's validation refuses in a RequestAuthentication. */
export function validateAuthentication({ spec }: Authentication): Problem[] {
  return [
    ...validateTarget(spec),
    ...(spec.jwtRules ?? []).flatMap((rule, index) => validateRule(rule, ["jwtRules", index])),
  ];
}

function validateRule(rule: JwtRule, path: Problem["path"]): Problem[] {
  const at = (field: string, message: string | null): Problem[] =>
    message === null ? [] : [{ path: [...path, field], message }];
  const emptyText = (list: readonly string[] = []) => (list.includes("") ? "an empty text" : null);
  return [
    ...at("issuer", rule.issuer || keysAddress(rule) ? null : "neither an issuer nor an address of keys"),
    ...at("audiences", emptyText(rule.audiences)),
    ...at("jwksUri", addressProblem(keysAddress(rule))),
    ...at("jwks", keysProblem(ownKeys(rule))),
    ...at("fromHeaders", emptyText(rule.fromHeaders?.map(({ name }) => name))),
    ...at("fromParams", emptyText(rule.fromParams)),
    ...at("fromCookies", emptyText(rule.fromCookies)),
    ...at("outputClaimToHeaders", claimHeaderProblem(rule)),
    ...at("timeout", timeoutProblem(rule.timeout)),
  ];
}

/** What is wrong with an address of keys; null when it is good, or not there. */
export function addressProblem(uri: string | undefined): string | null {
  if (uri === undefined) return null;
  if (!URL.canParse(uri)) return `${JSON.stringify(uri)} is no URL`;
  return /^https?:$/.test(new URL(uri).protocol) ? null : "keys are fetched by http or https only";
}

/** The members of RFC 7518's keys that are nobody's but the issuer's. */
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "k"];

/** Whether a set of keys, which is about to be sent around, gives keys away. */
export function holdsSecrets(rule: JwtRule): boolean {
  const jwks = ownKeys(rule);
  if (jwks === undefined) return false;
  const { keys } = JSON.parse(jwks) as { keys: readonly unknown[] };
  return keys.some((key) => typeof key === "object" && key !== null && PRIVATE.some((name) => name in key));
}

/** What is wrong with a set of keys; null when it is one, or not there. */
export function keysProblem(jwks: string | undefined): string | null {
  if (jwks === undefined) return null;
  try {
    const set = JSON.parse(jwks) as { keys?: unknown } | null;
    if (!Array.isArray(set?.keys)) return "is no set of keys: there is no list `keys`";
    const isKey = (key: unknown) => typeof key === "object" && key !== null && !Array.isArray(key);
    return set.keys.every(isKey) ? null : "is no set of keys: a key is an object";
  } catch {
    return "is no JSON";
  }
}

function claimHeaderProblem({ outputClaimToHeaders = [] }: JwtRule): string | null {
  const odd = outputClaimToHeaders.find(({ header, claim }) => !/^[-\w]+$/.test(header) || claim === "");
  return odd === undefined ? null : `cannot write claim ${odd.claim} to header ${odd.header}`;
}

const MILLISECOND = 1_000_000n;

function timeoutProblem(timeout: string | undefined): string | null {
  if (timeout === undefined) return null;
  const nanoseconds = nanosecondsOf(timeout);
  if (nanoseconds === null) return `${JSON.stringify(timeout)} is no duration`;
  const isGood = nanoseconds > 0n && nanoseconds % MILLISECOND === 0n;
  return isGood ? null : `${JSON.stringify(timeout)} is not a millisecond, or several`;
}
