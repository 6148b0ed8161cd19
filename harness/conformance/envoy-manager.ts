import { metadata } from "./envoy-clusters.js";
import type { CaseListener } from "./envoy-config.js";
import { connectionRecord } from "./envoy-network.js";
import { GROUP_HEADER } from "./requests.js";

const TYPE = "type.googleapis.com";

/** Envoy's connection manager with the HTTP filters of a case. */
export function connectionManager({ name, filters, virtualHosts, hcm, accessLog }: CaseListener): object {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: name,
      http_protocol_options: { enable_trailers: true },
      route_config: {
        virtual_hosts: virtualHosts ?? [
          { ...virtualHost("all", [defaultRoute()]), metadata: metadata("virtual host") },
        ],
      },
      ...(accessLog !== undefined && {
        access_log: [
          accessLogger(name, {
            line: accessLog,
            details: "%RESPONSE_CODE_DETAILS%",
            tag: `%REQ(${GROUP_HEADER})%`,
          }),
        ],
      }),
      ...hcm,
      http_filters: [
        ...filters,
        {
          name: "envoy.filters.http.router",
          typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` },
        },
      ],
    },
  };
}

function virtualHost(name: string, routes: readonly object[]): object {
  return { name, domains: ["*"], routes };
}

function defaultRoute(): object {
  return {
    name: "everything",
    match: { prefix: "/" },
    route: { cluster: "upstream" },
    metadata: metadata("route"),
  };
}

/** Every connection has a record: what came of it is not to be seen elsewhere. */
export function connectionLogger({ name, network, accessLog }: CaseListener): object | undefined {
  return network && accessLogger(name, { line: accessLog ?? "", ...connectionRecord(network) });
}

/** A record for each line: Envoy sends these at once, where files are written every ten seconds. */
function accessLogger(listener: string, record: Readonly<Record<string, string>>): object {
  const config = "envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig";
  return {
    name: "envoy.access_loggers.fluentd",
    typed_config: {
      "@type": `${TYPE}/${config}`,
      cluster: "access-log",
      tag: listener,
      stat_prefix: listener,
      buffer_flush_interval: "0.005s",
      record,
    },
  };
}
