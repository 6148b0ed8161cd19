import { filterLists } from "./config.js";
import type { Bootstrap, Budget, Message, Scenario, Variant } from "./types.js";

const NONE: Variant = { name: "none" };

/** The whole module, and what it is with one role. */
const MODULE = { entry: "filters/telemetry/index.ts" };
const STATS_MODULE = { entry: "filters/telemetry/stats/index.ts" };

type Node = { readonly [name: string]: string | Node };

/** A serialized `google.protobuf.Struct` of texts. */
function struct(fields: Node): Buffer {
  return Buffer.concat(
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => {
        const inner = typeof value === "string" ? part(3, Buffer.from(value)) : part(5, struct(value));
        return part(1, Buffer.concat([part(1, Buffer.from(name)), part(2, inner)]));
      }),
  );
}

/** A field of protobuf, with its length in front. */
function part(number: number, value: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = value.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), value]);
}

/** The headers of a sidecar's metadata, as Istio's proxies send them. */
function peerHeaders(app: string): { readonly id: string; readonly metadata: string } {
  const node = {
    CLUSTER_ID: "east",
    NAME: `${app}-v1-1`,
    NAMESPACE: "shop",
    OWNER: `kubernetes://apis/apps/v1/namespaces/shop/deployments/${app}-v1`,
    WORKLOAD_NAME: `${app}-v1`,
    LABELS: {
      app,
      version: "v1",
      "service.istio.io/canonical-name": app,
      "service.istio.io/canonical-revision": "v1",
    },
  };
  return {
    id: `sidecar~10.0.0.1~${app}-v1-1.shop~shop.svc.cluster.local`,
    metadata: struct(node).toString("base64"),
  };
}

const CLIENT = peerHeaders("storefront");
const UPSTREAM = peerHeaders("warehouse");

const REQUEST_HEADERS = {
  accept: "text/html,application/xhtml+xml",
  "accept-language": "en",
  "user-agent": "tremula-bench",
  "x-request-id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
};

/** A chain of two: the filter that is there has the role `stats`, and one of the same VM in front exchanges metadata. */
function addPeerMetadata(bootstrap: Bootstrap, configuration: object): void {
  // That of the listener `main`.
  const [chain] = filterLists(bootstrap, "http_filters");
  const filter = structuredClone(chain?.[0]) as {
    name: string;
    typed_config: { config: { root_id: string; configuration: { value: string } } };
  };
  filter.name = "peer-metadata";
  filter.typed_config.config.root_id = "peer-metadata";
  filter.typed_config.config.configuration.value = JSON.stringify(configuration);
  chain?.unshift(filter);
}

/** One filter with both roles. */
function peerMetadata(name: string, direction: string): Variant {
  return { name, wasm: { source: MODULE, configuration: { peer_metadata: { direction } } } };
}

const HTTP = {
  suite: "telemetry",
  template: "bench/telemetry-http.yaml",
  values: { PEER_ID: UPSTREAM.id, PEER_METADATA: UPSTREAM.metadata },
};

const floor: Variant = { name: "floor", wasm: { source: { fixture: "floor-telemetry" } } };

function tcp(name: string, about: string, request: Message): Scenario {
  return {
    suite: "telemetry",
    name,
    about,
    template: "bench/tcp.yaml",
    request,
    variants: [
      NONE,
      { name: "floor", wasm: { source: { fixture: "floor-telemetry-tcp" } } },
      { name: "tremula", wasm: { source: MODULE, configuration: { tcp_reporting_duration: "5s" } } },
    ],
  };
}

const SHORT = "GET / HTTP/1.1\r\nhost: orders.shop\r\n\r\n";
const LONG = "x".repeat(16_384);

/** What Istio's standard metrics cost beside reading the attributes that they are made of. */
export const TELEMETRY_SCENARIOS: readonly Scenario[] = [
  {
    ...HTTP,
    name: "http-all-labels",
    about: "count a request, its duration and its sizes, with all of Istio's labels",
    request: { path: "/", headers: REQUEST_HEADERS },
    variants: [
      NONE,
      floor,
      { name: "tremula", wasm: { source: STATS_MODULE } },
      // The same from the module that has all roles.
      { name: "all-roles", wasm: { source: MODULE } },
    ],
  },
  {
    ...HTTP,
    name: "http-peer-metadata",
    about: "the same, and exchange metadata in both directions with the client and with the upstream",
    request: {
      path: "/peer",
      headers: {
        ...REQUEST_HEADERS,
        "x-envoy-peer-metadata-id": CLIENT.id,
        "x-envoy-peer-metadata": CLIENT.metadata,
      },
    },
    counters: ["wasmcustom.peer_metadata.cache_hit", "wasmcustom.peer_metadata.malformed"],
    variants: [
      NONE,
      floor,
      peerMetadata("tremula", "gateway"),
      // Half of it each: a server's sidecar reads what the client says, and answers; a client's says who it is, and reads the
      // answer.
      peerMetadata("inbound", "inbound"),
      peerMetadata("outbound", "outbound"),
      // A filter for each role, as in Istio: each filter in a chain costs a context.
      {
        name: "two-filters",
        wasm: { source: MODULE },
        edit: (bootstrap) => addPeerMetadata(bootstrap, { direction: "gateway" }),
      },
    ],
  },
  tcp("tcp-connections", "count a connection with all labels: one small exchange each", {
    send: SHORT,
    expect: SHORT,
    reconnect: true,
  }),
  tcp("tcp-16k", "count the octets of connections that stay: 16 KiB there and back, a 32nd of a MiB", {
    send: LONG,
    expect: LONG,
  }),
];

const AGAINST_FLOOR = { suite: "telemetry", variant: "tremula", against: "floor" };

export const TELEMETRY_BUDGETS: readonly Budget[] = [
  { ...AGAINST_FLOOR, scenario: "http-all-labels", maxRatio: 1 },
  ...["tremula", "inbound", "outbound"].map((variant) => ({
    ...AGAINST_FLOOR,
    scenario: "http-peer-metadata",
    variant,
    maxRatio: 1.5,
  })),
];
