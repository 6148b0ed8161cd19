// Configurations of the JWT filter that are refused, and what is said of each.
export const JWKS = JSON.stringify({ keys: [{ kty: "oct", k: "A".repeat(86), kid: "a" }] });
export const LOCAL = { local_jwks: { inline_string: JWKS } };
export const HTTP_URI = { uri: "https://keys.example/jwks?a=1", cluster: "keys", timeout: "5s" };

export const TWO = { providers: { p: { issuer: "i", ...LOCAL }, q: { issuer: "j", ...LOCAL } } };

type Json = Readonly<Record<string, unknown>>;

export const inProvider = (fields: Json, more: Json = {}) => ({
  providers: { p: { ...LOCAL, ...fields } },
  ...more,
});
const inRemote = (fields: Json, more: Json = {}) => ({
  providers: { p: { remote_jwks: { http_uri: HTTP_URI, ...fields } } },
  ...more,
});
const inUri = (fields: Json) => inRemote({ http_uri: { ...HTTP_URI, ...fields } });
const inRule = (rule: unknown) => ({ ...TWO, rules: [rule] });
const inRequires = (requires: unknown) => inRule({ match: { prefix: "/" }, requires });
export const local = (source: unknown, more: Json = {}) => ({
  providers: { p: { local_jwks: source } },
  ...more,
});
const P = "$.providers.p";
const RULE = "$.rules[0]";

export const REFUSED: readonly (readonly [configuration: unknown, error: string | RegExp])[] = [
  ["[]", "$: expected an object"],
  [{ mode: "lax" }, "$.mode: expected one of strict, envoy"],
  [{ verifier: "x" }, "$.verifier: expected one of auto, host, own"],
  [{ provider: {} }, /^\$\.provider: unknown field; expected one of mode, verifier, providers, /],
  [{ strip_failure_response: 1 }, "$.strip_failure_response: expected true or false"],
  [{ stat_prefix: "a", statPrefix: "a" }, /duplicate field/],
  [{ providers: { p: null } }, `${P}: expected an object`],
  [{ providers: { p: {} } }, /^\$\.providers\.p: .*remote_jwks.*local_jwks/],
  [{ providers: { p: { isuer: "i" } } }, /^\$\.providers\.p\.isuer: unknown field/],
  [inProvider({ remote_jwks: { http_uri: HTTP_URI } }), /^\$\.providers\.p.*(remote_jwks|local_jwks)/],

  [inProvider({ audiences: [1] }), `${P}.audiences[0]: expected a string`],
  [inProvider({ subjects: {} }), /^\$\.providers\.p\.subjects/],
  [inProvider({ max_lifetime: "-1s" }), /^\$\.providers\.p\.max_lifetime: /],
  [inProvider({ max_lifetime: "1m" }), /^\$\.providers\.p\.max_lifetime: /],
  [inProvider({ max_lifetime: 1 }), /^\$\.providers\.p\.max_lifetime: /],
  [
    inProvider({ max_lifetime: "9223372036s" }),
    /^\$\.providers\.p\.max_lifetime: must not be more than 9223372035/,
  ],
  [inProvider({ clock_skew_seconds: -1 }), /^\$\.providers\.p\.clock_skew_seconds: expected an integer/],
  [inProvider({ clock_skew_seconds: 1.5 }), /^\$\.providers\.p\.clock_skew_seconds: expected an integer/],
  [inProvider({ from_headers: [{}] }), `${P}.from_headers[0].name: must not be empty`],
  [inProvider({ from_headers: [{ name: "" }] }), `${P}.from_headers[0].name: must not be empty`],
  [
    inProvider({ from_headers: [{ name: "a\n" }] }),
    `${P}.from_headers[0].name: must not contain NUL, CR or LF`,
  ],
  [
    inProvider({ from_headers: [{ name: "a b" }] }),
    `${P}.from_headers[0].name: is no name of a header field`,
  ],
  [
    inProvider({ from_headers: [{ name: ":path" }] }),
    `${P}.from_headers[0].name: is no name of a header field`,
  ],
  [
    inProvider({ from_headers: [{ name: "a", value_prefix: "a\u0000" }] }),
    `${P}.from_headers[0].value_prefix: must not contain NUL, CR or LF`,
  ],
  [
    inProvider({ from_headers: [{ name: "a", prefix: "" }] }),
    /^\$\.providers\.p\.from_headers\[0\]\.prefix: unknown/,
  ],
  [inProvider({ from_params: [1] }), `${P}.from_params[0]: expected a string`],
  [inProvider({ from_cookies: "a" }), `${P}.from_cookies: expected an array`],
  [
    inProvider({ forward_payload_header: "a\r" }),
    `${P}.forward_payload_header: must not contain NUL, CR or LF`,
  ],
  [
    inProvider({ forward_payload_header: "a b" }),
    `${P}.forward_payload_header: is no name of a header field`,
  ],
  [
    inProvider({ forward_payload_header: ":path" }),
    `${P}.forward_payload_header: must not be a pseudo header`,
  ],
  [inProvider({ forward_payload_header: "Host" }), `${P}.forward_payload_header: must not be the host`],
  [
    inProvider({ forward_payload_header: "X-Envoy-A" }),
    /forward_payload_header: must not begin with "x-envoy-"/,
  ],
  [
    inProvider({ claim_to_headers: [{ claim_name: "a" }] }),
    `${P}.claim_to_headers[0].header_name: must not be empty`,
  ],
  [
    inProvider({ claim_to_headers: [{ header_name: "a" }] }),
    `${P}.claim_to_headers[0].claim_name: exactly one of claim_name and claim_path is needed`,
  ],
  [
    inProvider({ claim_to_headers: [{ header_name: "a", claim_name: "b", claim_path: [{ key: "c" }] }] }),
    `${P}.claim_to_headers[0].claim_name: exactly one of claim_name and claim_path is needed`,
  ],
  [
    inProvider({ claim_to_headers: [{ header_name: "a", claim_path: [{ key: "" }] }] }),
    `${P}.claim_to_headers[0].claim_path[0].key: must not be empty`,
  ],
  [
    inProvider({ claim_to_headers: [{ header_name: "x-forwarded-for", claim_name: "b" }] }),
    /^\$\.providers\.p\.claim_to_headers\[0\]\.header_name: must not begin with .*"x-forwarded-"/,
  ],
  [
    inProvider({ claim_to_headers: [{ header_name: ":method", claim_name: "b" }] }),
    `${P}.claim_to_headers[0].header_name: must not be a pseudo header`,
  ],
  [inProvider({ jwt_cache_config: { size: 1 } }), /^\$\.providers\.p\.jwt_cache_config\.size: unknown field/],
  [inProvider({ jwt_cache_config: { jwt_cache_size: 4294967296 } }), /jwt_cache_size: expected an integer/],
  [
    inProvider({ normalize_payload_in_metadata: { claims: [] } }),
    /normalize_payload_in_metadata\.claims: unknown/,
  ],

  [local({}), /^\$\.providers\.p\.local_jwks: .*inline_string/],
  [local({ inline_string: "a", filename: "b" }), /^\$\.providers\.p\.local_jwks.*filename/],
  [local({ inline_string: "x" }), `${P}.local_jwks.inline_string: has no keys: Jwks is an invalid JSON`],
  [local({ inline_string: "" }), `${P}.local_jwks.inline_string: has no keys: Jwks is an invalid JSON`],
  [
    local({ inline_string: '{"keys":[]}' }),
    `${P}.local_jwks.inline_string: has no keys: Jwks doesn't have any valid public key`,
  ],
  [local({ inline_bytes: "!!" }), /^\$\.providers\.p\.local_jwks\.inline_bytes: expected base64/],
  [
    local({ inline_bytes: "e30=" }),
    `${P}.local_jwks.inline_bytes: has no keys: Jwks does not have [keys] field`,
  ],
  [
    local({ filename: "/etc/keys" }),
    `${P}.local_jwks.filename: a Wasm filter cannot read files; use inline_string`,
  ],
  [
    local({ inline_string: JWKS, watched_directory: { path: "/etc" } }),
    `${P}.local_jwks.watched_directory: a Wasm filter cannot read files`,
  ],
  [local({ environment_variable: "" }), `${P}.local_jwks.environment_variable: must not be empty`],
  [
    local({ environment_variable: "NOPE" }),
    `${P}.local_jwks.environment_variable: is not set; vm_config.environment_variables says which variables a Wasm ` +
      "filter sees",
  ],

  [{ providers: { p: { remote_jwks: {} } } }, /^\$\.providers\.p\.remote_jwks\.http_uri: missing/],
  [inRemote({ http_uri: {} }), /^\$\.providers\.p\.remote_jwks\.http_uri\.uri: missing/],
  [inUri({ uri: "" }), `${P}.remote_jwks.http_uri.uri: must not be empty`],
  [inUri({ uri: "keys.example" }), `${P}.remote_jwks.http_uri.uri: is no absolute URI`],
  [inUri({ cluster: "" }), `${P}.remote_jwks.http_uri.cluster: must not be empty`],
  [inUri({ cluster: null }), /^\$\.providers\.p\.remote_jwks\.http_uri\.cluster: missing/],
  [inUri({ timeout: null }), /^\$\.providers\.p\.remote_jwks\.http_uri\.timeout: missing/],
  [inUri({ timeout: "-1s" }), /^\$\.providers\.p\.remote_jwks\.http_uri\.timeout: /],
  [inUri({ timeout: "4294967296s" }), /http_uri\.timeout: must not be more than 4294967295\.999s$/],
  [inRemote({ cache_duration: "0s" }), `${P}.remote_jwks.cache_duration: must not be less than 0.001s`],
  [
    inRemote({ cache_duration: "0.000999s" }),
    `${P}.remote_jwks.cache_duration: must not be less than 0.001s`,
  ],
  [inRemote({ cache_duration: "8999999999s" }), /cache_duration: must not be more than 4611686018/],
  [
    inRemote({ async_fetch: { failed_refetch_duration: "0s" } }),
    `${P}.remote_jwks.async_fetch.failed_refetch_duration: must not be less than 0.1s`,
  ],
  [
    inRemote({ async_fetch: { failed_refetch_duration: "-1s" } }, { mode: "envoy" }),
    /failed_refetch_duration: /,
  ],
  [
    inRemote({ async_fetch: { fast: true } }),
    /^\$\.providers\.p\.remote_jwks\.async_fetch\.fast: unknown field/,
  ],
  [
    inRemote({ retry_policy: { retry_back_off: { max_interval: "1s" } } }),
    /retry_policy\.retry_back_off\.base_interval: missing/,
  ],
  [
    inRemote({ retry_policy: { retry_back_off: { base_interval: "0.0005s" } } }),
    /retry_back_off\.base_interval: must not be less than 0\.001s/,
  ],
  [
    inRemote({ retry_policy: { retry_back_off: { base_interval: "1s", max_interval: "0s" } } }),
    /retry_back_off\.max_interval: must not be less than 0\.001s/,
  ],
  [
    inRemote({ retry_policy: { retry_back_off: { base_interval: "1s", max_interval: "0.5s" } } }),
    /retry_back_off\.max_interval: must not be less than base_interval/,
  ],
  [inRemote({ retry_policy: { per_try_timeout: "1s" } }), /retry_policy\.per_try_timeout: unknown field/],
  [inRemote({ retry_policy: { retry_priority: {} } }), /retry_priority: a Wasm filter cannot choose hosts/],
  [
    inRemote({ retry_policy: { retry_host_predicate: [] } }),
    /retry_host_predicate: a Wasm filter cannot choose hosts/,
  ],
  [inRemote({ max_jwks_bytes: 0 }), /max_jwks_bytes: expected an integer from 1 to 4194304/],
  [inRemote({ unknown_kid_refetch_interval: "x" }), /unknown_kid_refetch_interval: /],

  [inRule({}), `${RULE}.match: missing`],
  [inRule({ match: {} }), /^\$\.rules\[0\]\.match/],
  [
    inRule({ match: { prefix: "/" }, requires: {}, requirement_name: "a" }),
    /^\$\.rules\[0\].*requirement_name/,
  ],
  [inRule({ match: { prefix: "/" }, requirement_name: "" }), `${RULE}.requirement_name: must not be empty`],
  [
    inRule({ match: { prefix: "/" }, requirement_name: "r" }),
    `${RULE}.requirement_name: there is no requirement "r"`,
  ],
  [inRequires({ provider_name: "x" }), `${RULE}.requires.provider_name: there is no provider "x"`],
  [inRequires({ provider_name: "" }), `${RULE}.requires.provider_name: there is no provider ""`],
  [
    inRequires({ provider_and_audiences: { provider_name: "x" } }),
    `${RULE}.requires.provider_and_audiences.provider_name: there is no provider "x"`,
  ],
  [
    inRequires({ provider_and_audiences: {} }),
    `${RULE}.requires.provider_and_audiences.provider_name: there is no provider ""`,
  ],
  [inRequires({ requires_any: {} }), `${RULE}.requires.requires_any.requirements: needs two or more`],
  [
    inRequires({ requires_all: { requirements: [{ provider_name: "p" }] } }),
    `${RULE}.requires.requires_all.requirements: needs two or more`,
  ],
  [
    inRequires({ requires_any: { requirements: [{ provider_name: "p" }, { provider_name: "x" }] } }),
    `${RULE}.requires.requires_any.requirements[1].provider_name: there is no provider "x"`,
  ],
  [inRequires({ allow_missing: { a: 1 } }), /^\$\.rules\[0\]\.requires\.allow_missing\.a: unknown field/],
  [inRequires({ allow_missing: true }), `${RULE}.requires.allow_missing: expected an object`],
  [inRequires({ provider_name: "p", allow_missing: {} }), /^\$\.rules\[0\]\.requires.*allow_missing/],
  [
    inRequires({ extract_only_without_validation: { verification_status_header: "a b" } }),
    /verification_status_header: is no name of a header field/,
  ],
  [
    { ...TWO, requirement_map: { r: { provider_name: "x" } } },
    '$.requirement_map.r.provider_name: there is no provider "x"',
  ],
  [{ ...TWO, filter_state_rules: { requires: {} } }, "$.filter_state_rules.name: must not be empty"],
  [
    { ...TWO, filter_state_rules: { name: "n", requires: { a: { provider_name: "x" } } } },
    '$.filter_state_rules.requires.a.provider_name: there is no provider "x"',
  ],
];
