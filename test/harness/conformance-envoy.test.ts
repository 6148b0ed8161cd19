import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Case, loadCases } from "../../harness/conformance/cases.js";
import { EnvoySubject } from "../../harness/conformance/envoy-subject.js";
import { NodeSubject } from "../../harness/conformance/node-subject.js";
import { compileFilters } from "../../harness/conformance/run.js";
import type { CaseOutcome, Subject } from "../../harness/conformance/subject.js";
import { locateEnvoy } from "../../harness/envoy/index.js";

// Stock Envoy's own JWT filter says whether keys, tokens and key sets are what they should be. In the cases that are
// wrong on purpose the harness must say what is wrong.

const ROOT = new URL("../..", import.meta.url).pathname;
const JWT = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3";

const NATIVE = `
filter: nobody
native: jwt_authn
configuration:
  mode: strict
  providers:
    p:
      issuer: https://a
      forward_payload_header: x-payload
      local_jwks: { inline_string: "\${jwks:main}" }
  rules: [{ match: { prefix: / }, requires: { provider_name: p } }]
keys:
  { rsa: { kty: RSA }, small: { kty: RSA, bits: 1024 }, ec: { kty: EC, crv: P-521 }, ed: { kty: OKP }, hs: { kty: oct } }
jwks:
  main: [rsa, small, ec, ed, hs]
tokens:
  good: { key: rsa, payload: { iss: https://a, exp: { now: 1h } } }
  late: { from: good, payload: { exp: { now: -65s } } }
  small: { from: good, key: small }
  ec: { from: good, key: ec }
  ed: { from: good, key: ed }
  hs: { from: good, key: hs }
  high: { from: ec, signature: { highS: true } }
  der: { from: ec, signature: { der: true } }
  loose: { from: good, signature: { noncanonical: true } }
  raw: { key: rsa, payload: '{"iss":"https://a","iss":"b"}' }
shared:
  good: &good { headers: [[authorization, "Bearer \${token:good}"]], expect: { status: 200 } }
  remote: &remote
    providers:
      p: { local_jwks: null, remote_jwks: { http_uri: { uri: http://k.example/main, cluster: "\${cluster:jwks}", timeout: 1s }, max_jwks_bytes: 5 } }
cases:
  - case: tokens
    requests:
      - headers: [[authorization, "Bearer \${token:good}"]]
        expect:
          status: 200
          details: via_upstream
          upstream: { headers: { x-payload: "\${payload:good}", authorization: null } }
      - expect:
          status: 401
          body: Jwt is missing
          details: "jwt_authn_access_denied{Jwt_is_missing}"
          matches: { headers: { www-authenticate: "^Bearer realm=" }, body: missing$, details: denied }
          upstream: null
      - { headers: [[authorization, "Bearer \${token:late}"]], expect: { status: 401, body: Jwt is expired } }
      - { headers: [[authorization, "Bearer \${token:small}"]], expect: { status: 200 } }
      - { headers: [[authorization, "Bearer \${token:ec}"]], expect: { status: 200 } }
      - { headers: [[authorization, "Bearer \${token:ed}"]], expect: { status: 200 } }
      - { headers: [[authorization, "Bearer \${token:hs}"]], expect: { status: 200 } }
      - { headers: [[authorization, "Bearer \${token:high}"]], expect: { status: 200 } }
      - { headers: [[authorization, "Bearer \${token:loose}"]], expect: { status: 200 } }
      - headers: [[authorization, "Bearer \${token:der}"]]
        expect: { status: 401, body: Jwt verification fails }
      - headers: [[authorization, "Bearer \${token:raw}"]]
        expect: { status: 401, body: Jwt payload is an invalid JSON }
    nativeCounters: { "http.\${statPrefix}.jwt_authn.allowed": 7, "http.\${statPrefix}.jwt_authn.denied": 4 }

  - case: a key set is fetched once for several at once
    changes: *remote
    requests: [{ <<: *good, protocol: http2, concurrent: 3 }, *good]
    fetches: { /main: [1, 3] }

  - case: a key set that cannot be had
    changes: *remote
    jwksServer:
      /main:
        - { status: 500 }
        - { close: true }
        - { cut: true, jwks: main }
        - { delay: 1800, jwks: main }
        - { huge: 100000 }
        - { status: 301, headers: [[location, /other]] }
        - { drip: { pieces: 4, every: 20 }, jwks: main }
    requests:
      - &failed { <<: *good, expect: { status: 401, body: Jwks remote fetch is failed } }
      - *failed
      - *failed
      - *failed
      - *failed
      - *failed
      - *good
    fetches: { /main: 7, /other: 0 }

  - case: clients that leave
    changes: *remote
    jwksServer: { /main: { jwks: main, delay: 200 } }
    requests:
      - { <<: *good, expect: { status: 0, reset: true, upstream: null }, abandon: callout }
      - { <<: *good, protocol: http2, expect: { status: 0, reset: true }, abandon: 20 }
      - { <<: *good, pause: 300 }

  - case: routes and the connection manager
    changes: { rules: [], requirement_map: { r: { provider_name: p } } }
    hcm: { normalize_path: true, stat_prefix: own }
    routes:
      - { match: { path: /open } }
      - match: { prefix: / }
        typed_per_filter_config:
          envoy.filters.http.jwt_authn: { "@type": ${JWT}.PerRouteConfig, requirement_name: r }
          envoy.filters.http.nobody: { "@type": ${JWT}.PerRouteConfig, disabled: true }
    requests:
      - { path: /open, expect: { status: 200 } }
      - { path: /shut/../open, expect: { status: 200 } }
      - { path: /shut, expect: { status: 401 } }
    nativeCounters: { http.own.jwt_authn.denied: 1 }

  - case: a chain and its access log
    before:
      - name: envoy.filters.http.header_to_metadata
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config
          request_rules: [{ header: x-none, on_header_missing: { metadata_namespace: ns, key: k, value: v } }]
    accessLog:
      format: "%RESPONSE_CODE% %DYNAMIC_METADATA(ns:k)%"
      expect: [200 v, 401 v]
    requests: [*good, { expect: { status: 401 } }]

  - case: native refuses it too
    changes: { providers: { p: { from_headers: [{ name: "" }] } } }
    refused: ours does
    nativeRefused: "FromHeaders[0].Name: value length must be at least 1"

  - case: native takes it
    why: ours would not
    refused: ours does
    nativeRefused: false
`;

const WRONG = `
filter: nobody
native: jwt_authn
configuration: { providers: { p: { remote_jwks: { http_uri: { uri: http://k/x, cluster: "\${cluster:jwks}", timeout: 1s } } } }, rules: [{ match: { prefix: /shut }, requires: { provider_name: p } }] }
cases:
  - { case: details, requests: [{ expect: { status: 200, details: other } }] }
  - { case: matches, requests: [{ expect: { status: 200, matches: { headers: { x-no: "." }, body: ^b, details: ^b } } }] }
  - { case: counters, requests: [{ expect: { status: 200 } }], nativeCounters: { "http.\${statPrefix}.jwt_authn.denied": 1 } }
  - { case: fetches, requests: [{ expect: { status: 200 } }], fetches: { /x: 1 } }
  - { case: access log, requests: [{ expect: { status: 200 } }], accessLog: { format: "%PROTOCOL%", expect: [HTTP/2] } }
  - { case: group, requests: [{ path: /shut, expect: { status: 401 } }, { path: /two, concurrent: 2, name: pair, expect: { status: 200, upstream: null } }] }
  - { case: names, requests: [{ path: "/\${token:x}", expect: { status: 200 } }] }
  - { case: bad, configuration: { providers: { p: { issuer: 5 } } }, requests: [{ expect: { status: 200 } }] }
  - { case: accepted, refused: x, nativeRefused: x }
`;

const WHY = {
  details: 'details: expected "other", got "via_upstream"',
  matches:
    'header x-no: expected what matches ., got undefined; body: expected what matches ^b, got "{\\"method\\"',
  counters: "counter http.case-2.jwt_authn.denied: expected 1 more, got 0",
  fetches: "fetches of /x: expected 1, got 0",
  "access log": 'access log: expected ["HTTP/2"], got ["HTTP/1.1"]',
  group: "request 2 (pair): the upstream got GET /two, which must not reach it; request 2 (pair): ",
  names: "there is no token x; there are: none",
  bad: "Envoy refuses the configuration: wrong bad:1:",
  accepted: "the configuration was accepted",
};

let folder: string;
let native: EnvoySubject;
let good: Case[];
let wrong: Case[];

async function casesIn(name: string, yaml: string): Promise<Case[]> {
  await writeFile(join(folder, `${name}.cases.yaml`), yaml);
  return (await loadCases(folder)).filter(({ file }) => file.endsWith(`${name}.cases.yaml`));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-cases-"));
  good = await casesIn("good", NATIVE);
  wrong = await casesIn("wrong", WRONG.replaceAll(/case: /g, "case: wrong "));
  native = await EnvoySubject.start({
    name: "native",
    host: "envoy",
    envoy: await locateEnvoy({}),
    cases: [...wrong, ...good],
    wasmFiles: new Map(),
    patienceMs: 2_000,
    batchSize: 6,
  });
});

afterAll(async () => {
  await native?.close();
  await rm(folder, { recursive: true });
});

it("native filters take what the harness makes", async () => {
  const outcomes = new Map<string, CaseOutcome>();
  for (const one of good) outcomes.set(one.case, await native.run(one));
  expect(Object.fromEntries(outcomes)).toEqual(
    Object.fromEntries(good.map((one) => [one.case, { outcome: "pass", detail: "" }])),
  );
});

it.each(Object.entries(WHY))("what is wrong is said: %s", async (name, why) => {
  const one = wrong.find((each) => each.case === `wrong ${name}`);
  const { outcome, detail } = await native.run(one!);
  expect(outcome).toBe("fail");
  expect(detail).toContain(why);
});

const OURS = `
filter: callout-authorization
configuration: { cluster: "\${cluster:jwks}", path: /x, timeout_ms: 500 }
jwks: { x: '{"keys":[]}' }
variants: { short: { configuration: { timeout_ms: 600 } }, long: { configuration: { timeout_ms: 2000 } } }
cases:
  - case: asks
    variants: []
    requests:
      - { concurrent: 4, expect: { status: 200 } }
      - { pause: 100, path: "/\${now}", expect: { status: 200, details: via_upstream, upstream: { path: "/\${now}" } } }
    counters: { wasmcustom.callout_authorization.allowed: 5 }
    fetches: { /x: 5 }
  - case: gets no answer
    why: one waits for it
    jwksServer:
      /x: [{ status: 404 }, { close: true }, { cut: true, body: text }, { delay: 1500, body: late }, { drip: { pieces: 3, every: 50 }, body: abc }]
    requests:
      - { expect: { status: 403, upstream: null } }
      - { expect: { status: 403 } }
      - { expect: { status: 403 } }
      - { expect: { status: 403 }, in: { long: { status: 200 } } }
      - { expect: { status: 200 } }
  - case: clients leave
    variants: [long]
    jwksServer: { /x: { delay: 100, body: late } }
    requests:
      - { abandon: callout, expect: { status: 0, reset: true, upstream: null } }
      - { protocol: http2, abandon: 20 }
      - { together: true, path: /two, expect: { status: 200, upstream: { path: /two } } }
      - { together: true, path: /three, expect: { status: 200, upstream: { path: /three } } }
    fetches: { /x: 4 }
`;

const ROUTED = `
filter: properties
cases:
  - case: metadata of routes
    configuration: { property: [xds, route_metadata, filter_metadata, x, level], values: [public] }
    routes:
      - { match: { path: /a }, metadata: { filter_metadata: { x: { level: public } } } }
      - { match: { path_separated_prefix: /b }, metadata: { filter_metadata: { x: { level: private } } } }
      - { match: { prefix: / } }
    requests:
      - { path: /a?x, expect: { status: 200 } }
      - { path: /b/c, expect: { status: 403, details: properties_denied } }
      - { path: /bc, expect: { status: 403 } }
  - case: names of routes
    configuration: { property: [xds, route_name], values: [second] }
    virtualHosts:
      - { name: v, routes: [{ name: first, match: { prefix: /1 } }, { name: second, match: { prefix: / } }] }
    requests: [{ path: /1, expect: { status: 403 } }, { path: /2, expect: { status: 200 } }]
  - case: metadata of a filter in front
    configuration: { property: [metadata, filter_metadata, ns, k], values: [v] }
    before:
      - name: envoy.filters.http.header_to_metadata
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config
          request_rules: [{ header: x-none, on_header_missing: { metadata_namespace: ns, key: k, value: v } }]
    inProcess: { properties: { metadata: { filter_metadata: { ns: { k: v } } } } }
    requests: [{ expect: { status: 200 } }]
`;

describe("our filters", () => {
  let cases: Case[];
  let wasmFiles: Map<string, string>;

  beforeAll(async () => {
    cases = [...(await casesIn("ours", OURS)), ...(await casesIn("routed", ROUTED))];
    wasmFiles = await compileFilters(cases, ROOT);
  });

  async function expectAll(subject: Subject): Promise<void> {
    const outcomes: Record<string, string> = {};
    for (const one of cases) {
      const { outcome, detail } = await subject.run(one);
      outcomes[one.case] = `${outcome}${detail}`;
    }
    expect(outcomes).toEqual(Object.fromEntries(cases.map((one) => [one.case, "pass"])));
  }

  it("do in process what they do in Envoy", async () => {
    await expectAll(await NodeSubject.start(wasmFiles));
    const envoy = await locateEnvoy({});
    const subject = await EnvoySubject.start({ name: "tremula", host: "envoy", envoy, cases, wasmFiles });
    await expectAll(subject).finally(() => subject.close());
  });
});

it("a worker that answers nobody ends the run", async () => {
  const [one] = good;
  await native.address(one!);
  process.kill(native.envoy.pid, "SIGSTOP");
  try {
    await expect(native.run(withoutCounters(one!))).rejects.toMatchObject({ code: "ENVOY_HANGS" });
  } finally {
    process.kill(native.envoy.pid, "SIGCONT");
  }
});

/** Counters are read by Envoy's main thread, which would be found to be asleep first. */
function withoutCounters(one: Case): Case {
  delete (one as { nativeCounters?: unknown }).nativeCounters;
  return one;
}
