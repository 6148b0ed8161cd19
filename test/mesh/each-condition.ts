import { stringify } from "yaml";
import type { Peer } from "./peers.js";
import { NAMESPACE } from "./scenarios.js";
import { type Contact, ISTIO_HTTP, ISTIO_TCP, type Ports } from "./sidecar-scenarios.js";
import { ACCOUNTS, BLOCKS, DOMAINS, FROM, NAMESPACES, PRINCIPALS } from "./sidecar-values.js";

/** The fields of a source that certificates and addresses decide, the key of `when` that asks the same, and their values. */
const SOURCES: readonly (readonly [string, string, string, readonly string[]])[] = [
  ["principals", "notPrincipals", "source.principal", PRINCIPALS],
  ["namespaces", "notNamespaces", "source.namespace", NAMESPACES],
  ["serviceAccounts", "notServiceAccounts", "source.serviceAccount", ACCOUNTS],
  ["trustDomains", "notTrustDomains", "source.trustDomain", DOMAINS],
  ["ipBlocks", "notIpBlocks", "source.ip", BLOCKS],
  ["remoteIpBlocks", "notRemoteIpBlocks", "remote.ip", BLOCKS],
];

interface Rule {
  readonly from?: readonly object[];
  readonly to?: readonly object[];
  readonly when?: readonly object[];
}

/** A rule for each value that a source is asked for, and for each that it must not have; fields and keys in turn. */
function ofSources(): Rule[] {
  return SOURCES.flatMap(([field, notField, key, values]) =>
    values.flatMap((value, index): Rule[] =>
      index % 2 === 0
        ? [{ from: [{ source: { [field]: [value] } }] }, { when: [{ key, notValues: [value] }] }]
        : [{ from: [{ source: { [notField]: [value] } }] }, { when: [{ key, values: [value] }] }],
    ),
  );
}

/** A rule for each thing that only HTTP has, beside one that all connections have. */
function ofHttp({ tcp: [first] }: Ports): Rule[] {
  const own = { ports: [String(first)] };
  return [
    { to: [{ operation: { methods: ["GET"] } }] },
    { to: [{ operation: { notMethods: ["GET"] } }] },
    { to: [{ operation: { paths: ["/a"], notPorts: [String(first)] } }] },
    { to: [{ operation: { hosts: ["a.example"], ...own } }] },
    { to: [{ operation: own }, { operation: { notPaths: ["/b"] } }] },
    { from: [{ source: { requestPrincipals: ["*"] } }] },
    { from: [{ source: { notRequestPrincipals: ["*"], namespaces: ["bank"] } }] },
    { when: [{ key: "request.headers[x-role]", notValues: ["admin"] }] },
    { when: [{ key: "request.auth.audiences", values: ["svc"] }] },
    { to: [{ operation: own }] },
  ];
}

/** Rules by the server's name for which they hold. */
function rulesByName(prefix: string, rules: readonly Rule[]): Map<string, Rule> {
  return new Map(
    rules.map(({ when = [], ...rest }, index) => {
      const name = `${prefix}${index}.example`;
      return [name, { ...rest, when: [...when, { key: "connection.sni", values: [name] }] }];
    }),
  );
}

function allowed(ports: Ports): Map<string, Rule> {
  return rulesByName("a", [...ofSources(), ...ofHttp(ports)]);
}

function denied(ports: Ports): Map<string, Rule> {
  return rulesByName("d", ofHttp(ports));
}

/** In the root namespace, where an account that names no namespace is another one. */
const INHERITED = rulesByName("r", [
  { from: [{ source: { serviceAccounts: ["web"] } }] },
  { from: [{ source: { notServiceAccounts: ["web"] } }] },
]);

/** A workload that allows and denies by each condition alone, each for connections with another name of the server. */
export function eachPolicies(app: string, ports: Ports): string {
  const selector = { matchLabels: { app } };
  const policy = (name: string, spec: object, namespace = NAMESPACE): object => ({
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: `${app}-${name}`, namespace },
    spec: { selector, ...spec },
  });
  const others = { when: [{ key: "connection.sni", values: ["d*"] }] };
  return [
    policy("allow", { rules: [...allowed(ports).values(), others] }),
    policy("root", { rules: [...INHERITED.values()] }, "istio-system"),
    policy("deny", { action: "DENY", rules: [...denied(ports).values()] }),
  ]
    .map((one) => stringify(one))
    .join("---\n");
}

const MEMBERS: readonly Peer[] = [
  "shop/web",
  "shop/cart.v2",
  "bank/web",
  "bank/api",
  "old shop/web",
  "old bank/api",
];

/** Everybody whom TLS lets in, by each name of the server, at a port of HTTP and at another. */
export function eachContacts(ports: Ports): Contact[] {
  const names = [...allowed(ports).keys(), ...denied(ports).keys(), ...INHERITED.keys()];
  return names.flatMap((servername, index) =>
    MEMBERS.flatMap((peer, who): Contact[] => {
      const dial = { peer, servername, from: FROM[(index + who) % FROM.length]! };
      const headers = [["host", "a.example"]] as const;
      return [
        {
          port: ports.http,
          dial: { ...dial, alpn: ISTIO_HTTP },
          speech: { path: "/a", method: "GET", headers },
        },
        { port: ports.tcp[who % 2]!, dial: { ...dial, alpn: ISTIO_TCP }, speech: "words" },
      ];
    }),
  );
}
