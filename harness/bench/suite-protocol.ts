import { clientHello, HTTP_REQUEST, MONGO_HELLO, SMTP_GREETING } from "./protocol-messages.js";
import type { Bootstrap, Budget, Message, Scenario, Variant } from "./types.js";

const TYPE = "type.googleapis.com";
const SUITE = "protocol";
const NONE: Variant = { name: "none" };
const MODULE = { entry: "filters/protocol-detection/index.ts" };

interface Listeners extends Bootstrap {
  static_resources: { listeners: Record<string, unknown>[]; clusters: Record<string, unknown>[] };
}

/** Edits the listener `main`. */
function editMain(edit: (main: Record<string, unknown>) => void): (bootstrap: Bootstrap) => void {
  return (bootstrap) => {
    const main = (bootstrap as Listeners).static_resources.listeners.find(({ name }) => name === "main");
    if (main) edit(main);
  };
}

/**
 * Envoy's own: it takes both to tell TLS, HTTP and the rest apart.
 *
 * @param counter counts one when they have found what they should
 */
const native = (counter: string): Variant => ({
  name: "native",
  expectStats: { [counter]: 1 },
  edit: editMain((main) => {
    main["listener_filters"] = [
      {
        name: "envoy.filters.listener.tls_inspector",
        typed_config: {
          "@type": `${TYPE}/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector`,
        },
      },
      {
        name: "envoy.filters.listener.http_inspector",
        typed_config: {
          "@type": `${TYPE}/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector`,
        },
      },
    ];
    main["listener_filters_timeout"] = "0s";
  }),
});

function tremula(configuration: object, ...verdict: Verdict): Variant {
  return {
    name: "tremula",
    wasm: { source: MODULE, configuration },
    expectStats: { [counterOf(verdict)]: 1 },
  };
}

type Verdict = [protocol: string, reason: string, action: string];

function counterOf([protocol, reason, action]: Verdict): string {
  return `wasmcustom.protocol=.=${protocol};.;reason=.=${reason};.;action=.=${action};.;protocol_detection_connections`;
}

// The native inspector reads the server name too.
const LABEL = { mode: "label", detection: { wait_for_hello: true } };
const ROUTE = {
  mode: "route",
  detection: {},
  actions: { http: { cluster: "http" }, "*": { cluster: "echo" } },
};

/** Each exchange has a connection of its own, and gets the same reply from every variant. */
const http: Message = {
  send: HTTP_REQUEST,
  expect: "HTTP/1.1 200 OK\r\n",
  // A date differs, but not in its length.
  length: 119,
  reconnect: true,
  same: true,
};

function echoed(send: string): Message {
  return { send, expect: send, reconnect: true, same: true };
}

const labelled: readonly Scenario[] = [
  {
    suite: SUITE,
    name: "http",
    about: "label an HTTP/1.1 connection in front of an HTTP connection manager",
    template: "bench/http.yaml",
    request: http,
    variants: [NONE, native("http_inspector.http11_found"), tremula(LABEL, "http/1.1", "detected", "passed")],
  },
  {
    suite: SUITE,
    name: "tls",
    about:
      "label a TLS connection, with its server name, in front of a TCP proxy: a ClientHello there and back",
    template: "bench/protocol-tcp.yaml",
    values: { CLUSTER: "echo", PORT: 0 },
    request: echoed(clientHello("shop.example", ["h2", "http/1.1"]).toString("latin1")),
    variants: [NONE, native("tls_inspector.tls_found"), tremula(LABEL, "tls", "detected", "passed")],
  },
  {
    suite: SUITE,
    name: "binary",
    about: "label a MongoDB connection in front of a TCP proxy: a first message there and back",
    template: "bench/protocol-tcp.yaml",
    values: { CLUSTER: "echo", PORT: 0 },
    request: echoed(MONGO_HELLO.toString("latin1")),
    variants: [NONE, native("http_inspector.http_not_found"), tremula(LABEL, "mongo", "detected", "passed")],
  },
  {
    suite: SUITE,
    name: "declared-server-first",
    about:
      "pass a connection of a port that is declared server-first: the client hears the greeting and leaves",
    template: "bench/protocol-greeting.yaml",
    ownPort: true,
    request: { send: "", expect: SMTP_GREETING, reconnect: true, same: true },
    variants: [
      NONE,
      {
        name: "tremula",
        expectStats: { [counterOf(["smtp", "declared", "passed"])]: 1 },
        wasm: {
          source: MODULE,
          configure: (port) => ({
            mode: "label",
            declarations: [{ port, protocol: "smtp" }],
            detection: {},
          }),
        },
      },
    ],
  },
];

const routed: readonly Scenario[] = [
  {
    suite: SUITE,
    name: "http-routed",
    about: "send an HTTP/1.1 connection to the listener for it, which is inside the same Envoy",
    template: "bench/protocol-tcp.yaml",
    values: { CLUSTER: "http", PORT: 0 },
    request: http,
    variants: [NONE, tremula(ROUTE, "http/1.1", "detected", "routed")],
  },
  {
    suite: SUITE,
    name: "binary-routed",
    about:
      "send a MongoDB connection to its cluster, a listener inside the same Envoy that sends back what it gets",
    template: "bench/protocol-tcp.yaml",
    values: { CLUSTER: "echo", PORT: 0 },
    request: echoed(MONGO_HELLO.toString("latin1")),
    variants: [NONE, tremula(ROUTE, "mongo", "detected", "routed")],
  },
];

/**
 * Connections that stay, of which only the first octets are looked at. Envoy calls into a module for every piece of data as
 * long as the connection lasts, whatever the module wants: the floor is what that costs.
 */
const bulk: Scenario = {
  suite: SUITE,
  name: "bulk",
  about: "what comes after the verdict: 64 KiB there and back, time and again on the same connections",
  template: "bench/protocol-tcp.yaml",
  values: { CLUSTER: "echo", PORT: 0 },
  request: {
    send: MONGO_HELLO.toString("latin1").padEnd(65_536, "x"),
    expect: "",
    length: 65_536,
    same: true,
  },
  variants: [
    NONE,
    { name: "floor", wasm: { source: { fixture: "floor-protocol-passing" } } },
    tremula(LABEL, "mongo", "detected", "passed"),
  ],
};

export const PROTOCOL_SCENARIOS: readonly Scenario[] = [...labelled, ...routed, bulk];

const OURS = { suite: SUITE, variant: "tremula" };

export const PROTOCOL_BUDGETS: readonly Budget[] = [
  ...["http", "tls", "binary"].map((scenario) => ({
    ...OURS,
    scenario,
    against: "native",
    maxExtraMicros: 15,
  })),
  { ...OURS, scenario: "declared-server-first", against: "none", maxExtraMicros: 12 },
  ...["http-routed", "binary-routed"].map((scenario) => ({
    ...OURS,
    scenario,
    against: "none",
    maxExtraMicros: 25,
  })),
  // What it costs to be asked is Envoy's; what is done with the answer is next to nothing.
  { ...OURS, scenario: "bulk", against: "floor", maxExtraMicros: 1 },
];
