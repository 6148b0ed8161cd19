import { randomUUID } from "node:crypto";
import { HTTP_REQUEST } from "./protocol-messages.js";
import type { Bootstrap, Message, Scenario, Variant } from "./types.js";

interface Listener {
  readonly name: string;
  filter_chains: unknown;
  internal_listener?: unknown;
  address?: unknown;
}

interface ProxyListener extends Listener {
  readonly filter_chains: [{ readonly filters: [{ readonly typed_config: { cluster: string } }] }];
}

interface Parts extends Bootstrap {
  static_resources: { listeners: Listener[]; clusters: object[] };
}

/** The connection manager where the client connects, and no proxy in between. */
const direct: Variant = {
  name: "none",
  edit: (bootstrap) => {
    const { listeners } = (bootstrap as Parts).static_resources;
    const [main, http] = ["main", "http"].map((wanted) => listeners.find(({ name }) => name === wanted));
    if (main && http) main.filter_chains = http.filter_chains;
  },
};

/** The same listener, reached through a socket of the kernel instead of inside Envoy. */
const socket: Variant = {
  name: "unix-socket",
  edit: (bootstrap) => {
    const { listeners, clusters } = (bootstrap as Parts).static_resources;
    const http = listeners.find(({ name }) => name === "http");
    if (!http) return;
    const address = { pipe: { path: `@tremula-bench-${randomUUID()}` } };
    delete http.internal_listener;
    http.address = address;
    const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
    clusters.unshift({
      name: "socket",
      type: "STATIC",
      load_assignment: { cluster_name: "socket", endpoints },
    });
    const [proxy] = (listeners[0] as ProxyListener).filter_chains[0].filters;
    proxy.typed_config.cluster = "socket";
  },
};

function hop(name: string, about: string, request: Message): Scenario {
  return {
    suite: "protocol",
    name,
    about,
    template: "bench/protocol-tcp.yaml",
    values: { CLUSTER: "http", PORT: 0 },
    request,
    variants: [direct, { name: "internal" }, socket],
  };
}

const request: Message = {
  send: HTTP_REQUEST,
  expect: "HTTP/1.1 200 OK\r\n",
  // A date differs, but not in its length.
  length: 119,
  same: true,
};

/** What routing to an internal listener costs, whoever decides it: `none` has the connection manager in front. */
export const HOP_SCENARIOS: readonly Scenario[] = [
  hop(
    "hop",
    "a TCP proxy and an internal listener before the connection manager, per connection with one request",
    {
      ...request,
      reconnect: true,
    },
  ),
  hop("hop-kept-alive", "the same per request on connections that stay", request),
];
