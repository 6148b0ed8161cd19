import fc from "fast-check";
import { HOSTS, PATHS, stringMatcher, type StringMatcher } from "./strings.js";

/** One permission or principal of the native filter, as JSON. */
export type Condition = Readonly<Record<string, unknown>>;

const TEMPLATE = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

export const NAMESPACE = "envoy.filters.http.jwt_authn";
const ROLES = ["admin", "user", "Admin", "user,admin", "rw", ""];

const negated = (matcher: fc.Arbitrary<object>) =>
  fc
    .tuple(
      matcher,
      fc.constantFrom<object>({}, {}, {}, { invert_match: true }, { treat_missing_header_as_empty: true }),
    )
    .map(([one, more]) => ({ ...one, ...more }));

/** `exact_match` and its like, which `string_match` has replaced. */
function deprecatedForm(matcher: StringMatcher): object {
  const forms = Object.entries(matcher).filter(([kind]) => kind !== "ignore_case");
  return Object.fromEntries(forms.map(([kind, text]) => [`${kind}_match`, text]));
}

function stringHeader(names: readonly string[], literals: readonly string[]): fc.Arbitrary<Condition> {
  const matcher = fc.oneof(
    { weight: 6, arbitrary: stringMatcher(literals).map((string_match) => ({ string_match })) },
    { weight: 1, arbitrary: stringMatcher(literals).map(deprecatedForm) },
    { weight: 1, arbitrary: fc.constantFrom({ present_match: true }, { present_match: false }) },
  );
  return fc
    .tuple(fc.constantFrom(...names), negated(matcher))
    .map(([name, rest]) => ({ header: { name, ...rest } }));
}

const header = fc.oneof(
  { weight: 5, arbitrary: stringHeader(["x-role", "X-Team", "x-absent", "user-agent"], ROLES) },
  { weight: 2, arbitrary: stringHeader([":path"], PATHS) },
  { weight: 2, arbitrary: stringHeader([":authority", "host"], HOSTS) },
  { weight: 2, arbitrary: stringHeader([":method"], ["GET", "POST", "get", "HEAD"]) },
  { weight: 1, arbitrary: stringHeader([":scheme"], ["http", "https"]) },
  {
    weight: 1,
    arbitrary: negated(
      fc.constantFrom({ range_match: { start: "1", end: "10" } }, { range_match: { start: "-5", end: "0" } }),
    ).map((rest) => ({ header: { name: "x-number", ...rest } })),
  },
);

const urlPath = stringMatcher(PATHS).map((path) => ({ url_path: { path } }));

const cidr = fc
  .constantFrom(
    ["10.1.2.3", 32],
    ["10.1.2.0", 24],
    ["10.0.0.0", 8],
    ["10.1.2.3", 16],
    ["127.0.0.0", 31],
    ["127.0.0.1", 32],
    ["127.0.0.2", 32],
    ["0.0.0.0", 0],
    ["10.1.2.2", 31],
    ["2001:db8::", 32],
    ["2001:db8::1", 128],
    ["::", 0],
  )
  .map(([address_prefix, prefix_len]) => ({ address_prefix, prefix_len }));

const ports = fc.constantFrom<Condition>(
  { destination_port: 80 },
  { destination_port: 8080 },
  { destination_port: 0 },
  { destination_port_range: { start: 80, end: 90 } },
  { destination_port_range: { start: 8080, end: 8081 } },
);

const metadataValue: fc.Arbitrary<object> = fc.letrec<{ value: object; leaf: object }>((tie) => ({
  leaf: fc.oneof(
    {
      weight: 5,
      arbitrary: stringMatcher(["admin", "user", "alice", ""]).map((string_match) => ({ string_match })),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom<object>(
        { null_match: {} },
        { bool_match: true },
        { bool_match: false },
        { present_match: true },
        { present_match: false },
        { double_match: { exact: 7 } },
        { double_match: { exact: 0.5 } },
        { double_match: { range: { start: 1, end: 7 } } },
      ),
    },
  ),
  value: fc.oneof(
    { depthSize: "small" },
    { weight: 5, arbitrary: tie("leaf") },
    { weight: 2, arbitrary: tie("value").map((one_of) => ({ list_match: { one_of } })) },
    {
      weight: 1,
      arbitrary: fc
        .array(tie("value"), { minLength: 2, maxLength: 3 })
        .map((value_matchers) => ({ or_match: { value_matchers } })),
    },
  ),
})).value;

const metadata = fc
  .record({
    filter: fc.constantFrom(NAMESPACE, NAMESPACE, NAMESPACE, "x.y", "unset"),
    path: fc
      .constantFrom(
        ["payload", "sub"],
        ["payload", "groups"],
        ["payload", "deep", "er"],
        ["payload"],
        ["flat"],
      )
      .map((keys) => keys.map((key) => ({ key }))),
    value: metadataValue,
    invert: fc.constantFrom<object>({}, {}, {}, { invert: true }),
    sourced: fc.constantFrom("metadata", "DYNAMIC", "ROUTE"),
  })
  .map(({ filter, path, value, invert, sourced }): Condition => {
    const matcher = { filter, path, value, ...invert };
    if (sourced === "metadata") return { metadata: matcher };
    return { sourced_metadata: { metadata_matcher: matcher, metadata_source: sourced } };
  });

const serverName = stringMatcher(["a.example", "b.example"]).map((one) => ({ requested_server_name: one }));

const template = fc
  .constantFrom("/a/*", "/a/**", "/api/*/users", "/api/{version}/users/**", "/*/b", "/**", "/a/*/c", "/admin")
  .map((path_template) => ({
    uri_template: { name: "template", typed_config: { "@type": TEMPLATE, path_template } },
  }));

const filterState = fc
  .tuple(fc.constantFrom("fs.one", "fs.one", "fs.unset"), stringMatcher(["admin", "user", "A"]))
  .map(([key, string_match]) => ({ filter_state: { key, string_match } }));

const any = fc.constant<Condition>({ any: true });

const permissionLeaf: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 2, arbitrary: any },
  { weight: 6, arbitrary: header },
  { weight: 6, arbitrary: urlPath },
  { weight: 2, arbitrary: template },
  { weight: 2, arbitrary: cidr.map((destination_ip) => ({ destination_ip })) },
  { weight: 2, arbitrary: ports },
  { weight: 2, arbitrary: metadata },
  { weight: 1, arbitrary: serverName },
);

const principalLeaf: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 4, arbitrary: any },
  { weight: 4, arbitrary: header },
  { weight: 2, arbitrary: urlPath },
  { weight: 1, arbitrary: cidr.map((source_ip) => ({ source_ip })) },
  { weight: 2, arbitrary: cidr.map((direct_remote_ip) => ({ direct_remote_ip })) },
  { weight: 3, arbitrary: cidr.map((remote_ip) => ({ remote_ip })) },
  { weight: 5, arbitrary: metadata },
  { weight: 2, arbitrary: filterState },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Condition>(
      { authenticated: {} },
      { authenticated: { principal_name: { prefix: "spiffe://" } } },
    ),
  },
);

/** Nests leaves with and, or and not. */
function nested(
  leaf: fc.Arbitrary<Condition>,
  words: { and: string; or: string; not: string; list: string },
) {
  return fc.letrec<{ tree: Condition; group: Condition }>((tie) => ({
    group: fc
      .tuple(fc.constantFrom(words.and, words.or), fc.array(tie("tree"), { minLength: 1, maxLength: 3 }))
      .map(([word, children]) => ({ [word]: { [words.list]: children } })),
    tree: fc.oneof(
      { depthSize: "small" },
      { weight: 5, arbitrary: leaf },
      { weight: 2, arbitrary: tie("group") },
      { weight: 1, arbitrary: tie("tree").map((child) => ({ [words.not]: child })) },
    ),
  })).tree;
}

const PERMISSION_WORDS = { and: "and_rules", or: "or_rules", not: "not_rule", list: "rules" };
const PRINCIPAL_WORDS = { and: "and_ids", or: "or_ids", not: "not_id", list: "ids" };

export const permission = nested(permissionLeaf, PERMISSION_WORDS);
export const principal = nested(principalLeaf, PRINCIPAL_WORDS);

/** Of connections, which have no headers and no paths. */
export const networkPermission = nested(
  fc.oneof(
    any,
    cidr.map((destination_ip) => ({ destination_ip })),
    ports,
    metadata.filter((one) => !JSON.stringify(one).includes("ROUTE")),
    serverName,
  ),
  PERMISSION_WORDS,
);
export const networkPrincipal = nested(
  fc.oneof(
    any,
    cidr.map((source_ip) => ({ source_ip })),
    cidr.map((direct_remote_ip) => ({ direct_remote_ip })),
    cidr.map((remote_ip) => ({ remote_ip })),
    metadata.filter((one) => !JSON.stringify(one).includes("ROUTE")),
    fc.constant<Condition>({ authenticated: {} }),
  ),
  PRINCIPAL_WORDS,
);
