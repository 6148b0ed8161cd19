import type { Json } from "./metadata-value.js";
import { exampleOf, exampleOfRegex, type StringMatcher } from "./strings.js";

/** A range of addresses, as Envoy's CidrRange with its defaults filled in. */
export interface Range {
  readonly address: string;
  readonly length: number;
}

/** A place in dynamic metadata, and something there that a condition holds for. */
export interface Claim {
  readonly namespace: string;
  readonly path: readonly string[];
  readonly value: Json;
}

/** What the conditions of a policy are about: a request made of these comes near to matching. */
export interface Literals {
  readonly paths: string[];
  /** Header names with values; `:authority` and `:method` among them. */
  readonly headers: [string, string][];
  readonly remote: Range[];
  readonly direct: Range[];
  readonly source: Range[];
  readonly destination: Range[];
  readonly ports: number[];
  readonly claims: Claim[];
  readonly filterState: [string, string][];
  readonly principals: string[];
  readonly serverNames: string[];
}

type Node = Readonly<Record<string, unknown>>;

/** Collects from a policy, or from anything around policies, in either form of field names. */
export function literalsOf(node: unknown): Literals {
  const found: Literals = {
    paths: [],
    headers: [],
    remote: [],
    direct: [],
    source: [],
    destination: [],
    ports: [],
    claims: [],
    filterState: [],
    principals: [],
    serverNames: [],
  };
  walk(snakeCased(node), found);
  return found;
}

function walk(node: unknown, found: Literals): void {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node)) {
    for (const child of node) walk(child, found);
    return;
  }
  for (const [key, value] of Object.entries(node as Node)) {
    const take = TAKERS[key];
    if (take) take(value as Node, found);
    else walk(value, found);
  }
}

const TAKERS: Readonly<Record<string, (value: Node, found: Literals) => void>> = {
  url_path: ({ path }, found) => found.paths.push(exampleOf(path as StringMatcher)),
  uri_template: ({ typed_config }, found) => {
    const template = String((typed_config as Node)["path_template"]);
    found.paths.push(
      template
        .replace(/\{[^}]*\}/g, "v")
        .replaceAll("**", "d/e")
        .replaceAll("*", "s"),
    );
  },
  header: (matcher, found) => {
    const name = String(matcher["name"]).toLowerCase();
    const value = headerExample(matcher);
    if (name === ":path") found.paths.push(value);
    else found.headers.push([name === "host" ? ":authority" : name, value]);
  },
  single_predicate: ({ input, value_match }, found) =>
    takeInput(input as Node, exampleOf(value_match as StringMatcher), found),
  matcher_tree: ({ input, exact_match_map: exact, prefix_match_map: prefix }, found) => {
    const { map } = (exact ?? prefix) as { map: Node };
    for (const [text, below] of Object.entries(map)) {
      takeInput(input as Node, prefix ? `${text}x` : text, found);
      walk(below, found);
    }
  },
  remote_ip: (value, found) => found.remote.push(rangeOf(value)),
  direct_remote_ip: (value, found) => found.direct.push(rangeOf(value)),
  source_ip: (value, found) => found.source.push(rangeOf(value)),
  destination_ip: (value, found) => found.destination.push(rangeOf(value)),
  destination_port: (value, found) => found.ports.push(Number(value)),
  destination_port_range: ({ start, end }, found) => found.ports.push(Number(start ?? 0), Number(end)),
  metadata: (value, found) => found.claims.push(claimOf(value)),
  sourced_metadata: (value, found) => found.claims.push(claimOf(value["metadata_matcher"] as Node)),
  filter_state: ({ key, string_match }, found) =>
    found.filterState.push([String(key), exampleOf((string_match ?? {}) as StringMatcher)]),
  authenticated: ({ principal_name }, found) => {
    if (principal_name !== undefined) found.principals.push(exampleOf(principal_name as StringMatcher));
  },
  requested_server_name: (matcher, found) => found.serverNames.push(exampleOf(matcher)),
};

/** A text that an input of a matching tree should be. */
function takeInput({ typed_config: config }: Node, text: string, found: Literals): void {
  const { "@type": type, header_name } = config as Record<string, string>;
  const range = { address: text, length: text.includes(":") ? 128 : 32 };
  const isAddress = /^[\d.]+$/.test(text);
  if (header_name === ":path") found.paths.push(text);
  else if (header_name !== undefined) found.headers.push([header_name.toLowerCase(), text]);
  else if (type?.endsWith("DestinationPortInput")) found.ports.push(Number.parseInt(text, 10) || 0);
  else if (isAddress && type?.endsWith("DestinationIPInput")) found.destination.push(range);
  else if (isAddress && type?.endsWith("SourceIPInput")) found.remote.push(range);
}

function headerExample(matcher: Node): string {
  const range = matcher["range_match"] as { start: string; end: string } | undefined;
  if (range !== undefined) return range.start;
  if (matcher["string_match"] !== undefined) return exampleOf(matcher["string_match"] as StringMatcher);
  const regex = matcher["safe_regex_match"] as { regex: string } | undefined;
  if (regex !== undefined) return exampleOfRegex(regex.regex);
  for (const kind of ["exact", "prefix", "suffix", "contains"]) {
    const text = matcher[`${kind}_match`];
    if (typeof text === "string") return exampleOf({ [kind]: text });
  }
  return "present";
}

function rangeOf({ address_prefix, prefix_len }: Node): Range {
  return { address: String(address_prefix), length: Number(prefix_len ?? 0) };
}

function claimOf({ filter, path, value }: Node): Claim {
  return {
    namespace: String(filter),
    path: (path as { key: string }[]).map(({ key }) => key),
    value: valueExample(value as Node),
  };
}

function valueExample(matcher: Node): Json {
  const [kind, detail] = Object.entries(matcher)[0] ?? ["present_match", true];
  switch (kind) {
    case "string_match":
      return exampleOf(detail as StringMatcher);
    case "double_match": {
      const { exact, range } = detail as { exact?: number; range?: { start: number } };
      return exact ?? range?.start ?? 0;
    }
    case "bool_match":
      return detail === true;
    case "list_match":
      return ["other", valueExample((detail as { one_of: Node }).one_of)];
    case "or_match":
      return valueExample((detail as { value_matchers: Node[] }).value_matchers.at(-1));
    case "null_match":
      return null;
    default:
      return "present";
  }
}

/** Both spellings of field names mean the same; keys of maps are left alone where they are names of policies. */
export function snakeCased(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(snakeCased);
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === "policies") {
        const policies = Object.entries(value as object);
        return [key, Object.fromEntries(policies.map(([name, policy]) => [name, snakeCased(policy)]))];
      }
      return [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snakeCased(value)];
    }),
  );
}
