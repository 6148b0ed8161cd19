// Configurations of the RBAC filter that are refused, and what is said of each.

type Json = Readonly<Record<string, unknown>>;

export const ANY = { any: true };
const TYPE = "type.googleapis.com";
const P = "$.rules.policies.p";
const PERMISSION = `${P}.permissions[0]`;
const PRINCIPAL = `${P}.principals[0]`;

/** A configuration with one policy. */
export const policy = (fields: Json, more: Json = {}) => ({
  rules: { policies: { p: { permissions: [ANY], principals: [ANY], ...fields } } },
  ...more,
});
export const permission = (rule: unknown, more: Json = {}) => policy({ permissions: [rule] }, more);
export const principal = (id: unknown, more: Json = {}) => policy({ principals: [id] }, more);
export const network = (fields: Json) => ({ stat_prefix: "n", ...fields });
export const path = (matcher: unknown) => permission({ url_path: { path: matcher } });
export const header = (fields: Json) => permission({ header: { name: "x-a", ...fields } });
export const metadata = (fields: Json) =>
  permission({ metadata: { filter: "f", path: [{ key: "k" }], value: { present_match: true }, ...fields } });
export const value = (matcher: unknown) => metadata({ value: matcher });
export const template = (path_template: string) =>
  permission({
    uri_template: {
      name: "t",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig`,
        path_template,
      },
    },
  });
export const mtls = (fields: Json, more: Json = {}) =>
  principal(
    {
      custom: {
        name: "envoy.rbac.principals.mtls_authenticated",
        typed_config: {
          "@type": `${TYPE}/envoy.extensions.rbac.principals.mtls_authenticated.v3.Config`,
          ...fields,
        },
      },
    },
    more,
  );
export const upstream = permission({
  matcher: {
    name: "envoy.rbac.matchers.upstream_ip_port",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher`,
      upstream_ip: { address_prefix: "10.0.0.0", prefix_len: 8 },
    },
  },
});
const constant = (const_expr: Json) => ({ const_expr });
export const condition = (expression: unknown) => policy({ condition: expression });
export const action = (fields: Json = {}) => ({
  action: {
    name: "a",
    typed_config: { "@type": `${TYPE}/envoy.config.rbac.v3.Action`, name: "n", ...fields },
  },
});
export const input = (type: string, fields: Json = {}) => ({
  name: "i",
  typed_config: { "@type": `${TYPE}/${type}`, ...fields },
});
const HEADER = "envoy.type.matcher.v3.HttpRequestHeaderMatchInput";
const NETWORK = "envoy.extensions.matching.common_inputs.network.v3";
export const tree = (fields: Json, more: Json = {}) => ({
  matcher: {
    matcher_tree: {
      input: input(HEADER, { header_name: "x-a" }),
      exact_match_map: { map: { a: action() } },
      ...fields,
    },
  },
  ...more,
});

/** What native refuses too. */
export const REFUSED: readonly (readonly [configuration: Json, error: string | RegExp])[] = [
  [{ rule: {} }, /^\$\.rule: unknown field; expected one of /],
  [{ rules: { action: "PERMIT" } }, /^\$\.rules\.action: /],
  [{ rules: { polices: {} } }, /^\$\.rules\.polices: unknown field/],
  [policy({ permissions: [] }), `${P}.permissions: must not be empty`],
  [policy({ principals: [] }), `${P}.principals: must not be empty`],
  [policy({ permission: [] }), /^\$\.rules\.policies\.p\.permission: unknown field/],
  [permission({}), /^\$\.rules\.policies\.p\.permissions\[0\]: .*and_rules/],
  [permission({ any: true, destination_port: 1 }), /^\$\.rules\.policies\.p\.permissions\[0\]/],
  [permission({ any: false }), `${PERMISSION}.any: must be true`],
  [permission({ and_rules: { rules: [] } }), `${PERMISSION}.and_rules.rules: must not be empty`],
  [permission({ or_rules: {} }), /^\$\.rules\.policies\.p\.permissions\[0\]\.or_rules\.rules/],
  [permission({ destination_port: 65536 }), /^\$\.rules\.policies\.p\.permissions\[0\]\.destination_port/],
  [
    permission({ destination_port_range: { start: 5, end: 5 } }),
    /^\$\.rules\.policies\.p\.permissions\[0\]\.destination_port_range/,
  ],
  [permission({ destination_port_range: { start: 5, end: 65537 } }), /destination_port_range\.end: must be/],
  [permission({ destination_port_range: { start: -1, end: 5 } }), /destination_port_range\.start: must be/],
  [permission({ destination_ip: { address_prefix: "10.0.0" } }), /destination_ip\.address_prefix: must be/],
  [permission({ destination_ip: { address_prefix: "", prefix_len: 1 } }), /destination_ip\.address_prefix/],
  [
    permission({ destination_ip: { address_prefix: "10.0.0.0", prefix_len: 129 } }),
    /destination_ip\.prefix_len: /,
  ],
  [path({}), /^\$\.rules\.policies\.p\.permissions\[0\]\.url_path\.path: .*exact/],
  [path({ prefix: "" }), /url_path\.path\.prefix: must not be empty/],
  [path({ suffix: "" }), /url_path\.path\.suffix: must not be empty/],
  [path({ contains: "" }), /url_path\.path\.contains: must not be empty/],
  [path({ safe_regex: { regex: "" } }), /url_path\.path\.safe_regex\.regex: must not be empty/],
  [path({ safe_regex: { regex: "a(" } }), /url_path\.path\.safe_regex\.regex: must not have/],
  [path({ safe_regex: { regex: "(?=a)" } }), /url_path\.path\.safe_regex\.regex: must not have/],
  [path({ safe_regex: { regex: "a" }, ignore_case: true }), /url_path\.path\.ignore_case: must not be used/],
  [permission({ url_path: {} }), /url_path\.path/],
  [header({ name: "" }), `${PERMISSION}.header.name: must not be empty`],
  [header({ name: "a\nb" }), /header\.name: must not have line breaks/],
  [header({ exact_match: "a", prefix_match: "b" }), /permissions\[0\]\.header/],
  [header({ prefix_match: "" }), /header\.prefix_match: must not be empty/],
  [template("a"), /path_template: /],
  [template("/a/**/*"), /path_template: /],
  [template("/{a}/{a}"), /path_template: /],
  [metadata({ filter: "" }), /metadata\.filter: must not be empty/],
  [metadata({ path: [] }), /metadata\.path: must not be empty/],
  [metadata({ path: [{ key: "" }] }), /metadata\.path\[0\]\.key: must not be empty/],
  [value({}), /metadata\.value/],
  [value({ or_match: { value_matchers: [{ null_match: {} }] } }), /or_match\.value_matchers: must have two/],
  [principal({}), /^\$\.rules\.policies\.p\.principals\[0\]: .*and_ids/],
  [principal({ any: false }), `${PRINCIPAL}.any: must be true`],
  [principal({ and_ids: { ids: [] } }), `${PRINCIPAL}.and_ids.ids: must not be empty`],
  [principal({ authenticated: { principal_name: {} } }), /authenticated\.principal_name/],
  [principal({ filter_state: { key: "", string_match: { exact: "a" } } }), /filter_state\.key: must not be/],
  [mtls({}, { client_certificates_verified: true }), /typed_config: must have san_matcher or/],
  [network({ stat_prefix: "" }), "$.stat_prefix: must not be empty"],
  [
    { ...network(permission({ header: { name: "x-a" } })) },
    `${PERMISSION}.header: must not be used: a connection has no headers`,
  ],
  [network({ rules_stat_prefix: "x" }), /^\$\.rules_stat_prefix: unknown field/],
  [tree({ exact_match_map: { map: {} } }), /exact_match_map\.map: must not be empty/],
  [tree({ exact_match_map: { map: { a: {} } } }), /map\.a: .*matcher.*action/],
  [tree({ exact_match_map: { map: { a: action({ name: "" }) } } }), /typed_config\.name: must not be empty/],
  [tree({ input: input("envoy.config.rbac.v3.Action") }), /input\.typed_config\.@type: must be an input/],
  [{ matcher: { matcher_list: { matchers: [] } } }, /matcher_list\.matchers: must not be empty/],
];

/** What native takes and ours refuses, with the reason. */
export const OURS_ALONE: readonly (readonly [configuration: Json, error: string | RegExp])[] = [
  [permission({ destination_ip: { address_prefix: "10.0.0.0", prefixLen: 8, prefix_len: 8 } }), /duplicate/],
  [
    principal({ direct_remote_ip: { address_prefix: "10.0.0.0", prefix_len: 8 } }),
    /must not be used without direct_remote_address/,
  ],
  [
    principal({ source_ip: { address_prefix: "10.0.0.0", prefix_len: 8 } }),
    /must not be used without connection_remote_address/,
  ],
  [mtls({ any_validated_client_certificate: true }), /must not be used without client_certificates_verified/],
  [
    mtls(
      { san_matcher: { san_type: "EMAIL", matcher: { exact: "a" } } },
      { client_certificates_verified: true },
    ),
    /san_type: must be DNS or URI/,
  ],
  [
    principal({ filter_state: { key: "a", address_match: { ranges: [{ address_prefix: "10.0.0.0" }] } } }),
    /address_match: must not be used/,
  ],
  [upstream, /typed_config: must not be used: the upstream's address/],
  [policy({ cel_config: {} }), /cel_config: must not be used/],
  [
    { rules: { audit_logging_options: { audit_condition: "ON_DENY" } } },
    "$.rules.audit_logging_options: must not be used: a Wasm module cannot call Envoy's audit loggers; see explain_percent",
  ],
  [tree({ input: input(`${NETWORK}.DirectSourceIPInput`) }), /must not be DirectSourceIPInput without/],
];

/** Fields of ours, which native cannot speak of. */
export const OWN: readonly (readonly [configuration: unknown, error: string | RegExp])[] = [
  ["[]", "$: expected an object"],
  [{ mode: "lax" }, "$.mode: expected one of strict, envoy"],
  [{ network: true }, /^\$\.stat_prefix/],
  [
    { "@type": `${TYPE}/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication` },
    /^\$\.@type: must be /,
  ],
  [{ path_normalization: "yes" }, /^\$\.path_normalization: expected one of none, base/],
  [{ explain_percent: 101 }, "$.explain_percent: must be from 0 to 100"],
  [{ direct_remote_address: {} }, /^\$\.direct_remote_address: .*filter_state/],
  [
    { direct_remote_address: { same_as_remote: false } },
    "$.direct_remote_address.same_as_remote: must be true",
  ],
  [
    { dry_run_header: { name: "location", trusted: [{ address_prefix: "::", prefix_len: 0 }] } },
    /^\$\.dry_run_header\.name: must be a header name/,
  ],
  [{ dry_run_header: { name: "x-a", trusted: [] } }, /^\$\.dry_run_header\.trusted: must not be empty/],
  [policy({ condition_text: "" }), `${P}.condition_text: must not be empty`],
  [policy({ condition_text: "a", condition: constant({ bool_value: true }) }), /condition/],
  [
    condition({ comprehension_expr: {} }),
    /comprehension_expr: must not be used: write the policy's condition_text/,
  ],
  [condition({ ident_expr: { name: "a b" } }), /ident_expr\.name: must be an identifier/],
  [condition({ call_expr: { function: "_&&_", args: [] } }), /call_expr\.function: must be an identifier/],
  [network({ rules_map: { a: {} } }), "$.rules_map: must not be used: a connection has no route"],
];

/** What is accepted, by native as well. */
export const ACCEPTED: readonly Json[] = [
  {},
  { rules: { action: "DENY", policies: {} } },
  { rules: { action: 2 } },
  { rules: { audit_logging_options: {} } },
  path({ exact: "" }),
  path({ prefix: "/", ignore_case: true }),
  path({ safe_regex: { google_re2: { max_program_size: 100 }, regex: "a|b" } }),
  header({}),
  header({ exact_match: "" }),
  header({ range_match: { start: 3, end: 1 } }),
  permission({ destination_port: 0 }),
  permission({ destination_port_range: { start: 0, end: 65536 } }),
  permission({ destination_ip: { address_prefix: "10.0.0.0" } }),
  template("/a/{b}/**"),
  value({
    list_match: { one_of: { or_match: { value_matchers: [{ null_match: {} }, { bool_match: true }] } } },
  }),
  principal({ authenticated: {} }),
  network({}),
  network({ enforcement_type: "CONTINUOUS", delay_deny: "1.5s", shadow_rules: {} }),
  network(permission({ url_path: { path: { prefix: "/" } } })),
  condition(constant({ bool_value: true })),
  tree({}),
  { matcher: {} },
  { matcher: { on_no_match: action({ action: "LOG" }) }, rules: {} },
];
