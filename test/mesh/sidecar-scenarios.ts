import { stringify } from "yaml";
import type { Issuer } from "../generate/issuer.js";
import type { Question } from "./backend.js";
import { Draw } from "./draw.js";
import { type Dial, PEERS } from "./peers.js";
import { NAMESPACE } from "./scenarios.js";
import { ACCOUNTS, BLOCKS, DOMAINS, FROM, NAMESPACES, PRINCIPALS, SERVERS } from "./sidecar-values.js";

/** For the whole mesh, and for another namespace than that of the workloads. Who leaves a mode unset has the mesh's. */
export const MESH_WIDE = [
  {
    kind: "PeerAuthentication",
    name: "default",
    namespace: "istio-system",
    spec: { mtls: { mode: "STRICT" } },
  },
  { kind: "PeerAuthentication", name: "default", namespace: "bank", spec: { mtls: { mode: "DISABLE" } } },
  { kind: "AuthorizationPolicy", name: "none", namespace: "bank", spec: {} },
  {
    kind: "AuthorizationPolicy",
    name: "strangers",
    namespace: "istio-system",
    spec: {
      action: "DENY",
      rules: [{ from: [{ source: { principals: ["*/sa/api"], ipBlocks: ["127.9.0.2"] } }] }],
    },
  },
]
  .map(({ kind, name, namespace, spec }) =>
    stringify({ apiVersion: "security.istio.io/v1", kind, metadata: { name, namespace }, spec }),
  )
  .join("---\n");

/** A workload's ports: one of HTTP, and two of other connections, at the second of which the server speaks first. */
export interface Ports {
  readonly http: number;
  readonly tcp: readonly [number, number];
}

const PATHS = ["/a", "/a/*", "/b"];
const METHODS = ["GET", "POST"];
const ROLES = ["admin", "user"];

/** Who it comes from, by what only a certificate says or an address. */
function source(draw: Draw): object {
  const ways: (() => object)[] = [
    () => ({ principals: draw.some(PRINCIPALS) }),
    () => ({ notPrincipals: draw.some(PRINCIPALS) }),
    () => ({ namespaces: draw.some(NAMESPACES) }),
    () => ({ notNamespaces: draw.some(NAMESPACES) }),
    () => ({ trustDomains: draw.some(DOMAINS) }),
    () => ({ notTrustDomains: draw.some(DOMAINS) }),
    () => ({ ipBlocks: draw.some(BLOCKS) }),
    () => ({ notIpBlocks: draw.some(BLOCKS) }),
    () => ({ remoteIpBlocks: draw.some(BLOCKS) }),
  ];
  // Accounts are for sources of which nothing else of a certificate is asked.
  const accounts: (() => object)[] = [
    () => ({ serviceAccounts: draw.some(ACCOUNTS) }),
    () => ({ notServiceAccounts: draw.some(ACCOUNTS) }),
    () => ({ ipBlocks: draw.some(BLOCKS) }),
  ];
  const token = draw.chance(6) ? { requestPrincipals: ["*"] } : {};
  const some = draw.chance(30) ? accounts : ways;
  return { source: { ...(draw.chance(60) ? draw.one(some)() : draw.merged(some)), ...token } };
}

/** What it asks for; of HTTP only now and then, as that leaves little of a rule for other connections. */
function operation(draw: Draw, ports: Ports): object {
  const numbers = [ports.http, ...ports.tcp].map(String);
  const ways: (() => object)[] = [
    () => ({ ports: draw.some(numbers) }),
    () => ({ ports: draw.some(numbers) }),
    () => ({ notPorts: draw.some(numbers) }),
  ];
  const ofHttp: (() => object)[] = [
    () => ({ paths: draw.some(PATHS) }),
    () => ({ notPaths: draw.some(PATHS) }),
    () => ({ methods: draw.some(METHODS) }),
    () => ({ hosts: ["a.example"] }),
  ];
  return { operation: draw.merged(draw.chance(35) ? [...ways, ...ofHttp] : ways) };
}

function condition(draw: Draw, ports: Ports): object {
  const keys: readonly (readonly [string, readonly string[]])[] = [
    ["source.principal", PRINCIPALS],
    ["source.namespace", NAMESPACES],
    ["source.serviceAccount", ACCOUNTS.slice(0, 3)],
    ["source.trustDomain", DOMAINS],
    ["source.ip", BLOCKS],
    ["remote.ip", BLOCKS],
    ["destination.ip", ["127.0.0.0/8", "10.0.0.0/8"]],
    ["destination.port", [ports.http, ...ports.tcp].map(String)],
    ["connection.sni", [...SERVERS, "*", "*.cluster.local", "a.*"]],
    ["request.headers[x-role]", ROLES],
  ];
  const [key, values] = draw.one(keys);
  return { key, [draw.chance(70) ? "values" : "notValues"]: draw.some(values) };
}

/** Mostly of one condition: of many, few would decide anything. */
function rule(draw: Draw, ports: Ports): object {
  const from = draw.list(75, () => source(draw));
  const to = draw.list(from.length ? 20 : 60, () => operation(draw, ports));
  const when = draw.list(from.length + to.length ? 20 : 100, () => condition(draw, ports));
  return { ...(from.length && { from }), ...(to.length && { to }), ...(when.length && { when }) };
}

/** A workload's mode, and that of its last port if that has its own. */
const MODES: readonly (readonly [string, string?])[] = [
  ["DISABLE", "STRICT"],
  ["PERMISSIVE", "DISABLE"],
  ["STRICT", "PERMISSIVE"],
  ["UNSET", "UNSET"],
  ["PERMISSIVE"],
];

/** Policies by chance for a sidecar's workload, and how it wants its connections. */
export function drawSidecarPolicies(seed: number, app: string, ports: Ports, issuer: Issuer): string {
  const draw = new Draw(seed * 15_485_863 + 7);
  const selector = { matchLabels: { app } };
  const object = (kind: string, name: string, spec: object, namespace = NAMESPACE): object => ({
    apiVersion: "security.istio.io/v1",
    kind,
    metadata: { name: `${app}-${name}`, namespace },
    spec: { selector, ...spec },
  });
  const [mode, other] = MODES[seed % MODES.length]!;
  const peers = { mtls: { mode }, ...(other && { portLevelMtls: { [ports.tcp[1]]: { mode: other } } }) };
  const policies = Array.from({ length: 1 + draw.below(3) }, (_, index) => {
    const action = draw.one(["ALLOW", "ALLOW", "DENY", "DENY", "AUDIT"]);
    const count = action === "ALLOW" && draw.chance(5) ? 0 : 1 + draw.below(3);
    const rules = Array.from({ length: count }, () => rule(draw, ports));
    // An account without a namespace is of the policy's.
    const namespace = draw.chance(15) ? "istio-system" : NAMESPACE;
    return object("AuthorizationPolicy", String(index), { action, rules }, namespace);
  });
  const jwtRules = [{ issuer: issuer.name, jwks: issuer.jwks }];
  return [
    object("PeerAuthentication", "peers", peers),
    object("RequestAuthentication", "tokens", { jwtRules }),
    ...policies,
  ]
    .map((one) => stringify(one))
    .join("---\n");
}

/** What is said on a connection: a request, some words, or the beginning of TLS that is the workload's own business. */
export type Speech = Question | "words" | "TLS of its own";

/** A connection to one of the ports. */
export interface Contact {
  readonly port: number;
  readonly dial: Dial;
  readonly speech: Speech;
}

/** What Istio's own proxies offer to speak within mutual TLS. */
export const ISTIO_HTTP = ["istio-http/1.1", "istio", "http/1.1"];
export const ISTIO_TCP = ["istio-peer-exchange", "istio"];

/** Contacts by chance, about half of them HTTP, of which some have a token. */
export function drawContacts(seed: number, count: number, ports: Ports, authorization: string): Contact[] {
  const draw = new Draw(seed * 32_452_843 + 11);
  const drawQuestion = (): Question => {
    const headers: [string, string][] = [["host", draw.one(["a.example", "b.example"])]];
    if (draw.chance(40)) headers.push(["x-role", draw.one(ROLES)]);
    if (draw.chance(30)) headers.push(["authorization", authorization]);
    return { path: draw.one(["/a", "/a/x", "/b", "/c"]), method: draw.one(METHODS), headers };
  };
  return Array.from({ length: count }, (): Contact => {
    const isHttp = draw.chance(50);
    const dial = {
      peer: draw.one(PEERS),
      from: draw.one(FROM),
      servername: draw.one(["", ...SERVERS]),
      alpn: isHttp ? ISTIO_HTTP : ISTIO_TCP,
    };
    if (isHttp) return { port: ports.http, dial, speech: drawQuestion() };
    const port = draw.one(ports.tcp);
    if (draw.chance(15)) return { port, dial: { ...dial, peer: "plain" }, speech: "TLS of its own" };
    // Others speak mutual TLS, too.
    return { port, dial: draw.chance(15) ? { ...dial, alpn: [] } : dial, speech: "words" };
  });
}
