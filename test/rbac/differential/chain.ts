import { NAMESPACE } from "./conditions.js";
import type { Configuration } from "./configuration.js";
import { claimHeader, filterStateHeader, type Slots } from "./request.js";

const TYPE = "type.googleapis.com";

/** One listener of the rig. */
export interface Listener {
  readonly name: string;
  readonly filters: readonly object[];
  /** Puts dynamic metadata and filter state where requests say. */
  readonly slots: Slots;
  readonly shadowPrefix: string;
  /** Downstream TLS, in Envoy's own JSON. */
  readonly transportSocket?: object;
}

/** Routes have metadata of their own, which policies can ask for. */
const ROUTE_METADATA = {
  filter_metadata: {
    [NAMESPACE]: { payload: { sub: "admin", groups: ["user", "alice"], deep: { er: 7 } }, flat: true },
  },
};

/** A listener as Envoy takes it. It answers by itself, and says in headers what came of the request. */
export function listenerConfig({ name, filters, slots, shadowPrefix, transportSocket }: Listener): object {
  const manager = {
    "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: name,
    // So that requests come as they were sent.
    http_protocol_options: { allow_custom_methods: true },
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            {
              match: { prefix: "/" },
              metadata: ROUTE_METADATA,
              direct_response: { status: 200, body: { inline_string: "in" } },
            },
          ],
        },
      ],
    },
    local_reply_config: { mappers: [{ filter: ANY_STATUS, headers_to_add: outcomeHeaders(shadowPrefix) }] },
    http_filters: [
      ...metadataFilter(slots),
      ...filterStateFilter(slots),
      ...filters,
      { name: "router", typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` } },
    ],
  };
  return {
    name,
    address: { socket_address: { address: "0.0.0.0", port_value: 0 } },
    listener_filters: [
      {
        name: "proxy",
        typed_config: {
          "@type": `${TYPE}/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol`,
          allow_requests_without_proxy_protocol: true,
        },
      },
      // It is what reads the server's name.
      ...(transportSocket ? [TLS_INSPECTOR] : []),
    ],
    filter_chains: [
      {
        filters: [ADDRESSES, { name: "http", typed_config: manager }],
        ...(transportSocket && { transport_socket: transportSocket }),
      },
    ],
  };
}

const TLS_INSPECTOR = {
  name: "tls",
  typed_config: { "@type": `${TYPE}/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector` },
};

const ANY_STATUS = {
  status_code_filter: {
    comparison: { op: "GE", value: { default_value: 0, runtime_key: "test.any_status" } },
  },
};

/** Native keeps shadow results in dynamic metadata, ours in filter state. */
function outcomeHeaders(shadowPrefix: string): object[] {
  const add = (key: string, value: string) => ({
    header: { key, value },
    append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
  });
  const results = ["shadow_effective_policy_id", "shadow_engine_result"].flatMap((key) => [
    add(`x-native-${key}`, `%DYNAMIC_METADATA(envoy.filters.http.rbac:${shadowPrefix}${key})%`),
    add(`x-ours-${key}`, `%FILTER_STATE(wasm.rbac.${shadowPrefix}${key}:PLAIN)%`),
  ]);
  return [add("x-details", "%RESPONSE_CODE_DETAILS%"), ...results];
}

function metadataFilter({ claims }: Slots): object[] {
  if (claims.length === 0) return [];
  return [
    {
      name: "claims",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.filters.http.header_to_metadata.v3.Config`,
        request_rules: claims.map(([namespace, key], index) => ({
          header: claimHeader(index),
          on_header_present: { metadata_namespace: namespace, key, type: "PROTOBUF_VALUE", encode: "BASE64" },
          remove: true,
        })),
      },
    },
  ];
}

function filterStateFilter({ filterState }: Slots): object[] {
  if (filterState.length === 0) return [];
  return [
    {
      name: "filter-state",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.filters.http.set_filter_state.v3.Config`,
        on_request_headers: filterState.map((key, index) => ({
          object_key: key,
          factory_key: "envoy.string",
          format_string: {
            text_format_source: { inline_string: `%REQ(${filterStateHeader(index)})%` },
            omit_empty_values: true,
          },
          skip_if_empty: true,
        })),
      },
    },
  ];
}

const DIRECT_REMOTE = "test.direct_remote_address";
const CONNECTION_REMOTE = "test.connection_remote_address";

/** Keeps the addresses that Envoy has no attribute for, as our filter asks for it. */
export const ADDRESSES = {
  name: "addresses",
  typed_config: {
    "@type": `${TYPE}/envoy.extensions.filters.network.set_filter_state.v3.Config`,
    on_new_connection: [
      [DIRECT_REMOTE, "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%"],
      [CONNECTION_REMOTE, "%DOWNSTREAM_REMOTE_ADDRESS%"],
    ].map(([object_key, inline_string]) => ({
      object_key,
      factory_key: "envoy.string",
      format_string: { text_format_source: { inline_string } },
    })),
  },
};

/** The native filter, with a configuration of its own kind. */
export function nativeFilter(configuration: Configuration): object {
  return {
    name: "native",
    typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.rbac.v3.RBAC`, ...configuration },
  };
}

/** Ours with the same one. One VM for all of them: plugins of one VM differ by configuration. */
export function ourFilter(configuration: Configuration, filename: string, layer = "http"): object {
  return {
    name: "ours",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.${layer}.wasm.v3.Wasm`,
      config: {
        failure_policy: "FAIL_CLOSED",
        configuration: {
          "@type": `${TYPE}/google.protobuf.StringValue`,
          value: JSON.stringify({
            mode: "envoy",
            direct_remote_address: { filter_state: DIRECT_REMOTE },
            connection_remote_address: { filter_state: CONNECTION_REMOTE },
            ...configuration,
          }),
        },
        vm_config: { vm_id: "rbac", runtime: "envoy.wasm.runtime.v8", code: { local: { filename } } },
      },
    },
  };
}
