import type { Scenario, Variant, WasmModule } from "./types.js";

/** Variant that every scenario begins with. */
const NONE: Variant = { name: "none" };

function fixture(name: string): WasmModule {
  return { source: { fixture: name } };
}

/** The same work without a filter (none of it), by hand on the raw ABI, on another SDK, and on this one. */
function variants(scenario: string): Variant[] {
  return [
    NONE,
    { name: "floor", wasm: fixture(`floor-${scenario}`) },
    { name: "peer", wasm: fixture(`peer-${scenario}`) },
    { name: "tremula", wasm: { source: { entry: `test/fixtures/bench/tremula-${scenario}.as.ts` } } },
  ];
}

const HEADER_MUTATION = {
  name: "envoy.filters.http.header_mutation",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
    mutations: {
      response_mutations: [
        {
          append: {
            header: { key: "x-greeting", value: "hello, %REQ(x-name)%" },
            append_action: "APPEND_IF_EXISTS_OR_ADD",
          },
        },
      ],
    },
  },
};

const addHeader: Scenario = {
  suite: "sdk",
  name: "add-header",
  about: "read a request header, count the request, add a response header made of it",
  request: {
    path: "/",
    headers: { "x-name": "ada" },
    expectHeaders: { "x-greeting": "hello, ada" },
  },
  variants: [
    NONE,
    { name: "floor", wasm: fixture("floor-add-header") },
    { name: "peer", wasm: fixture("peer-add-header") },
    // Does not count requests: no native filter counts into a metric of the author's choice.
    { name: "native", filters: [HEADER_MUTATION] },
    {
      name: "tremula",
      wasm: {
        source: { entry: "examples/add-header/index.ts" },
        configuration: { header: "x-greeting", value: "hello", from: "x-name" },
      },
    },
  ],
};

/** The same while 1,000 other streams live: finding a stream's context must not take longer the more of them there are. */
const addHeaderLive: Scenario = {
  ...addHeader,
  name: "add-header-1000-live",
  template: "bench/http-live.yaml",
  liveStreams: 1000,
};

const readThreeHeaders: Scenario = {
  suite: "sdk",
  name: "read-three-headers",
  about: "read three request headers, add a response header made of them",
  request: {
    path: "/",
    headers: { "x-name": "ada", "x-region": "eu-west-1", "x-tier": "gold" },
    expectHeaders: { "x-summary": "ada, eu-west-1, gold" },
  },
  variants: variants("read-three-headers"),
};

/** `host` and the other pseudo headers are left out of the sum: they differ from run to run. */
const allHeaders: Scenario = {
  suite: "sdk",
  name: "all-headers",
  about: "fetch all request headers, find two, add up the sizes of all, add a response header made of it",
  request: {
    path: "/",
    headers: {
      "x-name": "ada",
      accept: "text/html,application/xhtml+xml",
      "accept-language": "en",
      "user-agent": "tremula-bench",
      cookie: "session=0123456789abcdef",
      "x-request-id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
      "x-tier": "gold",
    },
    expectHeaders: { "x-found": "195 ada gold" },
  },
  variants: variants("all-headers"),
};

const BODY = "0123456789abcdef".repeat(4096);

const bodyRewrite: Scenario = {
  suite: "sdk",
  name: "body-64k-rewrite",
  about: "hold a response body of 64 KiB until its end, put a longer one made of it in its place",
  template: "bench/http-body.yaml",
  values: { BODY },
  request: { path: "/", expectBody: `rewritten: ${BODY}` },
  variants: variants("body-64k-rewrite"),
};

const httpCallout: Scenario = {
  suite: "sdk",
  name: "http-callout",
  about: "hold the request until a service has answered 200, add a response header from the answer",
  template: "bench/http-callout.yaml",
  request: { path: "/", expectHeaders: { "x-answer": "granted" } },
  variants: variants("http-callout"),
};

const sharedCounter: Scenario = {
  suite: "sdk",
  name: "shared-counter",
  about: "add one to an entry of shared data by compare and swap, add a response header with the number",
  request: { path: "/", expectHeaders: { "x-count": "3" }, probes: 3 },
  variants: variants("shared-counter"),
};

/** The second tag takes four values by turns, because the load sends the same request over and over. */
const metricWithTags: Scenario = {
  suite: "sdk",
  name: "metric-with-tags",
  about: "count the request in a metric with two tags, one from a request header, ids kept",
  request: { path: "/", headers: { "x-source": "storefront" }, probes: 5 },
  expectStats: {
    "wasmcustom.source=.=storefront;.;outcome=.=ok;.;bench_requests": 2,
    "wasmcustom.source=.=storefront;.;outcome=.=retried;.;bench_requests": 1,
    "wasmcustom.source=.=storefront;.;outcome=.=cached;.;bench_requests": 1,
    "wasmcustom.source=.=storefront;.;outcome=.=limited;.;bench_requests": 1,
  },
  variants: variants("metric-with-tags"),
};

const tenProperties: Scenario = {
  suite: "sdk",
  name: "ten-properties",
  about: "read ten properties, add a response header with the sum of their lengths",
  request: {
    path: "/ten?properties",
    headers: { "user-agent": "tremula-bench", referer: "http://example.test/" },
    expectHeaders: { "x-lengths": "83" },
  },
  variants: variants("ten-properties"),
};

const MESSAGE = "0123456789abcdef".repeat(4);

const tcpEcho: Scenario = {
  suite: "sdk",
  name: "tcp-echo",
  about: "read the data of both directions, 64 octets each, add a letter made of both to the reply",
  template: "bench/tcp.yaml",
  request: { send: MESSAGE, expect: `${MESSAGE}G` },
  variants: variants("tcp-echo"),
};

/** What the SDK costs on top of the same filters without an SDK. */
export const SDK_SCENARIOS: readonly Scenario[] = [
  addHeader,
  addHeaderLive,
  readThreeHeaders,
  allHeaders,
  bodyRewrite,
  httpCallout,
  sharedCounter,
  metricWithTags,
  tenProperties,
  tcpEcho,
];
