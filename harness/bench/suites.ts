import type { Scenario, Variant, WasmModule } from "./types.js";

/** Variant that every scenario begins with. */
const NONE: Variant = { name: "none" };

function fixture(name: string): WasmModule {
  return { source: { fixture: name } };
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

/** What the SDK costs on top of the same filter without an SDK. */
const sdkAddHeader: Scenario = {
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
const sdkAddHeaderLive: Scenario = {
  ...sdkAddHeader,
  name: "add-header-1000-live",
  template: "bench/http-live.yaml",
  liveStreams: 1000,
};

/**
 * What each way to manage memory costs a filter that makes objects: twenty or so for each request, kept in part until
 * the stream ends. All three variants do the same and give the same answer.
 */
const memoryIdle: Scenario = {
  suite: "memory",
  name: "objects",
  about: "read all request headers into objects, keep some until the stream ends, add a response header",
  soakRequests: 1_000_000,
  request: {
    path: "/",
    headers: {
      "x-name": "ada",
      accept: "text/html,application/xhtml+xml",
      "accept-language": "en",
      "user-agent": "tremula-bench",
      cookie: "session=0123456789abcdef",
      "x-request-id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    },
    expectHeaders: { "x-greeting": "hello, ada" },
  },
  variants: [
    NONE,
    { name: "incremental", wasm: fixture("memory-incremental") },
    { name: "minimal", wasm: fixture("memory-minimal") },
    { name: "arena", wasm: fixture("memory-arena") },
  ],
};

/** The same while 1,000 other streams live, whose objects a collector has to walk each time. */
const memoryLive: Scenario = {
  ...memoryIdle,
  name: "objects-1000-live",
  template: "bench/http-live.yaml",
  liveStreams: 1000,
};

/** Everything that `tremula bench` can run in interleaved rounds. */
export const SCENARIOS: readonly Scenario[] = [sdkAddHeader, sdkAddHeaderLive, memoryIdle, memoryLive];
