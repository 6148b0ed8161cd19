// Configurations of ten thousand policies and five to six megabytes of JSON, each of another kind.

/** What a policy asks for, as the JSON of Envoy's messages. */
type Message = Readonly<Record<string, unknown>>;

interface Policy {
  readonly permissions: readonly Message[];
  readonly principals: readonly Message[];
}

const ANY: Message = { any: true };

const path = (form: string, text: string): Message => ({ url_path: { path: { [form]: text } } });
const header = (name: string, form: string, text: string): Message => ({
  header: { name, string_match: { [form]: text } },
});
const address = (kind: string, prefix: string, bits: number): Message => ({
  [kind]: { address_prefix: prefix, prefix_len: bits },
});
const anyRule = (...rules: readonly Message[]): Message => ({ or_rules: { rules } });
const anyId = (...ids: readonly Message[]): Message => ({ or_ids: { ids } });

function peer(form: string, text: string): Message {
  return { filter_state: { key: "io.istio.peer_principal", string_match: { [form]: text } } };
}

function claim(names: readonly string[], form: string, text: string): Message {
  const value = { list_match: { one_of: { string_match: { [form]: text } } } };
  return {
    metadata: { filter: "envoy.filters.http.jwt_authn", path: names.map((key) => ({ key })), value },
  };
}

/** As Istio's control plane writes a rule of an AuthorizationPolicy. */
function istio(n: number): Policy {
  const rules = [anyRule(path("exact", `/shop-${n}`)), anyRule(header(":method", "exact", "GET"))];
  const ids = [
    anyId(peer("exact", `spiffe://a/ns/b/sa/${n}`)),
    anyId(claim(["payload", "groups"], "exact", `g-${n}`)),
  ];
  return { permissions: [{ and_rules: { rules } }], principals: [{ and_ids: { ids } }] };
}

/** Nothing but addresses. */
function addresses(n: number): Policy {
  const list = Array.from({ length: 6 }, (_, i) =>
    address(i % 2 ? "remote_ip" : "destination_ip", `10.${(n >> 8) & 255}.${n & 255}.${16 * i}`, 28),
  );
  const ids = list.filter((one) => "remote_ip" in one);
  return { permissions: list.filter((one) => "destination_ip" in one), principals: [anyId(...ids)] };
}

/** Many small conditions: as many values in as many octets as there can be. */
function small(n: number): Policy {
  const rules = Array.from({ length: 7 }, (_, i) => path("exact", `/${n}/${i}`));
  const ids = Array.from({ length: 2 }, (_, i) => header("a", "prefix", `${n}.${i}`));
  return { permissions: [...rules, { destination_port: 40_000 + n }], principals: [...ids, ANY] };
}

/** Negations in each other. */
function nested(n: number): Policy {
  let rule: Message = path("suffix", `/p-${n}`);
  let id: Message = { authenticated: { principal_name: { prefix: `spiffe://${n}/` } } };
  for (let i = 0; i < 3; i++) {
    rule = { not_rule: { and_rules: { rules: [rule, header("x-a", "contains", `-${n}-${i}`)] } } };
    if (i < 2) id = { not_id: { or_ids: { ids: [id, ANY] } } };
  }
  return { permissions: [rule], principals: [id] };
}

/** Expressions, which are compiled. */
function expressions(n: number): Policy {
  const regex = (name: string, text: string): Message => ({
    header: { name, string_match: { safe_regex: { regex: text } } },
  });
  return {
    permissions: [
      { url_path: { path: { safe_regex: { regex: `/v[0-9]+/tenant-${n}/(users|groups)/[a-z0-9-]+` } } } },
      anyRule(regex(":authority", `(www|api)\\.tenant-${n}\\.example(:[0-9]+)?`), path("prefix", `/${n}/`)),
    ],
    principals: [peer("exact", `spiffe://cluster.local/ns/tenant-${n}/sa/service-account-of-tenant-${n}`)],
  };
}

const POLICIES = { istio, addresses, small, nested, expressions };

export type LargeKind = keyof typeof POLICIES;
export const LARGE_KINDS = Object.keys(POLICIES) as LargeKind[];

/** Besides the policies of its kind, each configuration has one that allows this path. */
export const LAST_PATH = "/the/last/of/all";

/** Three expressions to each of ten thousand policies, all of them different. */
export function differentExpressions(): string {
  const policies = Array.from({ length: 10_000 }, (_, n): [string, Policy] => {
    const permissions = [0, 1, 2].map((i) => {
      const regex = `/v[0-9]+/tenant-${n}-${i}/(users|groups)/[a-z0-9-]+/${"x".repeat(60)}`;
      return { url_path: { path: { safe_regex: { regex } } } };
    });
    return [`p${n}`, { permissions, principals: [ANY] }];
  });
  return JSON.stringify({ rules: { policies: Object.fromEntries(policies) } });
}

/** The configuration as JSON. */
export function largeConfiguration(kind: LargeKind, count = 10_000): string {
  const policies = Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`ns[a]-policy[${n}]-rule[0]`, POLICIES[kind](n)]),
  );
  const last = { permissions: [path("exact", LAST_PATH)], principals: [ANY] };
  return JSON.stringify({ rules: { action: "ALLOW", policies: { ...policies, last } } });
}
