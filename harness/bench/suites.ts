import { JWT_SCENARIOS } from "./suite-jwt.js";
import { PROTOCOL_SCENARIOS } from "./suite-protocol.js";
import { HOP_SCENARIOS } from "./suite-protocol-hop.js";
import { RBAC_SCENARIOS } from "./suite-rbac.js";
import { SDK_SCENARIOS } from "./suite-sdk.js";
import { SIGNATURE_SCENARIOS } from "./suite-signatures.js";
import { TELEMETRY_SCENARIOS } from "./suite-telemetry.js";
import type { Scenario, Variant, WasmModule } from "./types.js";

/** Variant that every scenario begins with. */
const NONE: Variant = { name: "none" };

function fixture(name: string): WasmModule {
  return { source: { fixture: name } };
}

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
export const SCENARIOS: readonly Scenario[] = [
  ...SDK_SCENARIOS,
  memoryIdle,
  memoryLive,
  ...JWT_SCENARIOS,
  ...SIGNATURE_SCENARIOS,
  ...RBAC_SCENARIOS,
  ...TELEMETRY_SCENARIOS,
  ...PROTOCOL_SCENARIOS,
  ...HOP_SCENARIOS,
];
