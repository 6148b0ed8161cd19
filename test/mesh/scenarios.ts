import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { Issuer } from "../generate/issuer.js";
import type { Question } from "./backend.js";
import { Draw } from "./draw.js";

/** Resources for one workload, and what it is asked. */
export interface Scenario {
  /** Of the workload, too: its label `app`. */
  readonly name: string;
  readonly yaml: string;
  /** The same for Istio, when it does not know these. */
  readonly istio?: string;
  readonly questions: readonly Question[];
}

/** The namespace of all workloads. */
export const NAMESPACE = "shop";

const PATHS = ["/a", "/a/*", "*/x", "/a/{*}/c", "/b/{**}", "/b", "/a/b", "/", "/A"];
const METHODS = ["GET", "POST", "PUT"];
const HOSTS = ["a.example", "*.example", "b.*", "A.example"];
const BLOCKS = ["127.0.0.1", "127.0.0.0/8", "10.0.0.0/8"];
const ROLES = ["admin", "ad*", "*min", "user", "*"];
const GROUPS = ["staff", "guests", "st*"];

/** Attributes of conditions that no field of a rule has, and values for them. */
const CONDITIONS: readonly (readonly [string, readonly string[]])[] = [
  ["request.headers[x-role]", ROLES],
  ["request.headers[x-none]", ROLES],
  ["request.auth.claims[groups]", GROUPS],
  ["request.auth.claims[deep][role]", ROLES],
  ["request.auth.audiences", ["svc", "other"]],
  ["request.auth.presenter", ["app", "a*"]],
  ["source.ip", BLOCKS],
  ["remote.ip", BLOCKS],
  ["connection.sni", ["a.example", "*"]],
];

function source(draw: Draw, principals: readonly string[]): object {
  const ways: (() => object)[] = [
    () => ({ requestPrincipals: draw.some(principals) }),
    () => ({ notRequestPrincipals: draw.some(principals) }),
    () => ({ ipBlocks: draw.some(BLOCKS) }),
    () => ({ notRemoteIpBlocks: draw.some(BLOCKS) }),
    // Nobody has one without mutual TLS.
    () => ({ notNamespaces: ["default"] }),
    () => ({ principals: ["*"] }),
  ];
  return { source: draw.merged(ways) };
}

function operation(draw: Draw): object {
  const ways: (() => object)[] = [
    () => ({ paths: draw.some(PATHS) }),
    () => ({ paths: draw.some(PATHS) }),
    () => ({ notPaths: draw.some(PATHS) }),
    () => ({ methods: draw.some(METHODS) }),
    () => ({ notMethods: draw.some(METHODS) }),
    () => ({ hosts: draw.some(HOSTS) }),
    () => ({ notHosts: draw.some(HOSTS) }),
    () => ({ notPorts: ["81"] }),
  ];
  return { operation: draw.merged(ways) };
}

function condition(draw: Draw): object {
  const [key, values] = draw.one(CONDITIONS);
  return { key, [draw.chance(70) ? "values" : "notValues"]: draw.some(values) };
}

function rule(draw: Draw, principals: readonly string[]): object {
  const from = draw.list(40, () => source(draw, principals));
  const to = draw.list(70, () => operation(draw));
  const when = draw.list(35, () => condition(draw));
  return { ...(from.length && { from }), ...(to.length && { to }), ...(when.length && { when }) };
}

/** Policies by chance for a workload, with vocabulary in common with `drawQuestions`. */
export function drawPolicies(seed: number, app: string, issuers: readonly Issuer[]): string {
  const draw = new Draw(seed * 7919 + 1);
  const selector = { matchLabels: { app } };
  const object = (kind: string, name: string, spec: object): object => ({
    apiVersion: "security.istio.io/v1",
    kind,
    metadata: { name: `${app}-${name}`, namespace: NAMESPACE },
    spec: { selector, ...spec },
  });
  const principals = ["*", ...issuers.flatMap(({ name }) => [`${name}/*`, `${name}/ada`]), "*/bob"];
  const jwtRules = issuers.slice(0, 1 + draw.below(issuers.length)).map(({ name, jwks }) => ({
    issuer: name,
    jwks,
    ...(draw.chance(40) && { audiences: ["svc"] }),
    ...(draw.chance(60) && { forwardOriginalToken: true }),
    ...(draw.chance(30) && { fromHeaders: [{ name: "x-token", prefix: "T " }], fromParams: ["token"] }),
  }));
  const policies = Array.from({ length: 1 + draw.below(4) }, (_, index) =>
    object("AuthorizationPolicy", String(index), {
      action: draw.one(["ALLOW", "ALLOW", "DENY", "AUDIT"]),
      rules: Array.from({ length: draw.chance(6) ? 0 : 1 + draw.below(3) }, () => rule(draw, principals)),
    }),
  );
  return [object("RequestAuthentication", "tokens", { jwtRules }), ...policies]
    .map((one) => stringify(one))
    .join("---\n");
}

const ASKED = ["/a", "/a/", "/a/b", "/a/b/c", "/a/x", "/b", "/b/q/x", "/A", "/a%2Fb", "//a", "/a/../b", "/"];
const AUTHORITIES = ["a.example", "b.example", "A.Example", "a.example:8080", "c.other"];

/** Requests by chance, with good tokens, bad ones and none. */
export async function drawQuestions(
  seed: number,
  count: number,
  issuers: readonly Issuer[],
): Promise<Question[]> {
  const draw = new Draw(seed * 104_729 + 1);
  const tokens = [""];
  for (const issuer of issuers) {
    const claims = [
      { groups: ["staff"], aud: "svc" },
      { sub: "bob", groups: ["guests", "staff"], aud: ["svc", "other"], azp: "app" },
      { deep: { role: "admin" }, aud: "elsewhere" },
    ];
    for (const one of claims) tokens.push((await issuer.bearer(one)).authorization);
  }
  const [, good = ""] = tokens;
  const forged = good.slice(0, -20) + (good.at(-20) === "A" ? "B" : "A") + good.slice(-19);
  tokens.push(forged, `${good}x`, "Bearer nonsense");
  return Array.from({ length: count }, () => {
    const headers: [string, string][] = [["host", draw.one(AUTHORITIES)]];
    const token = draw.one(tokens);
    let path = draw.one(ASKED) + (draw.chance(30) ? "?q=1" : "");
    if (token !== "") {
      const place = draw.below(8);
      if (place === 0) headers.push(["x-token", token.replace("Bearer ", "T ")]);
      else if (place === 1) path += `${path.includes("?") ? "&" : "?"}token=${token.replace("Bearer ", "")}`;
      else headers.push(["authorization", token]);
    }
    const roles = draw.chance(60) ? draw.one([["admin"], ["user"], ["adm"], [""], ["user", "admin"]]) : [];
    for (const role of roles) headers.push(["x-role", role]);
    return { path, method: draw.one([...METHODS, "OPTIONS"]), headers };
  });
}

/**
 * Whether a request is of those in which the filters' strict mode differs on purpose: a header that is there twice, a host with a
 * port, a token that is not in canonical base64.
 */
export function asksForLaxness({ path, headers }: Question): boolean {
  const count = new Map<string, number>();
  for (const [name] of headers) count.set(name, (count.get(name) ?? 0) + 1);
  return (
    [...count.values()].some((times) => times > 1) ||
    headers.some(([name, value]) => name === "host" && value.includes(":")) ||
    [path, ...headers.map(([, value]) => value)].some((text) => /\.[\w-]+\.[\w-]+x$/.test(text))
  );
}

/** A policy of ours for what comes in at a gateway. */
export function secureIngress(
  app: string,
  issuers: readonly Issuer[],
  questions: readonly Question[],
): Scenario {
  const tokens = issuers.map(({ name, jwks }, index) => ({ name: `t${index}`, issuer: name, jwks }));
  const yaml = stringify({
    apiVersion: "tremula.dev/v1alpha1",
    kind: "SecureIngressPolicy",
    metadata: { name: app, namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: { app } },
      mode: "exempt",
      missingTokenStatus: 403,
      ambiguousPaths: "allow",
      tokens,
      access: { tokens: ["t0"] },
      rules: [{ paths: ["/b", "/a/*"], methods: ["GET"] }, { hosts: ["c.other"] }],
    },
  });
  return { name: app, yaml, questions };
}

/** What the guide has one do with `examples/resources`. */
export function walkThrough(): Scenario {
  const file = (name: string): string =>
    readFileSync(fileURLToPath(new URL(`../../examples/resources/${name}`, import.meta.url)), "utf8");
  const tokens = new Map([...file("tokens.env").matchAll(/^(\w+)=(.*)$/gm)].map(([, a, b]) => [a!, b!]));
  const [reader, administrator] = [tokens.get("READER")!, tokens.get("ADMIN")!];
  const who = ["", reader, administrator, `${reader}x`];
  const questions = ["/healthz", "/orders/7", "/orders/7/x", "/orders/export", "/", "/orders/7?x=1"].flatMap(
    (path) =>
      ["GET", "PUT"].flatMap((method) =>
        who.map((token) => ({
          path,
          method,
          headers: [
            ["host", "orders.example"],
            ...(token === "" ? [] : [["authorization", `Bearer ${token}`]]),
          ] as [string, string][],
        })),
      ),
  );
  return { name: "orders", yaml: file("security.yaml"), questions };
}
