import { parse, stringify } from "yaml";

interface Filter {
  readonly name: string;
  readonly typed_config: {
    readonly "@type": string;
    readonly config?: { readonly root_id: string; readonly configuration: { readonly value: string } };
  };
}

const NATIVE: Readonly<Record<string, string>> = {
  "jwt-authn": "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
  rbac: "envoy.extensions.filters.http.rbac.v3.RBAC",
};
/** What only our filters have. */
const OWN_FIELDS = ["mode", "reject_ambiguous_paths", "direct_remote_address"];

/** A generated configuration of Envoy with its own filters in place of ours: their configuration is the same. */
export function nativeTwin(text: string): string {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== "object" || node === null) return node;
    const { typed_config: typed, ...rest } = node as Filter;
    if (typed?.config) return { ...rest, typed_config: native(typed.config) };
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)]));
  };
  return stringify(walk(parse(text)));
}

function native({ root_id: root, configuration }: NonNullable<Filter["typed_config"]["config"]>): object {
  const type = NATIVE[root];
  if (type === undefined) throw new Error(`Envoy has no ${root} of its own`);
  const members = Object.entries(JSON.parse(configuration.value) as object);
  const kept = members.filter(([name]) => !OWN_FIELDS.includes(name));
  return { "@type": `type.googleapis.com/${type}`, ...Object.fromEntries(kept) };
}
