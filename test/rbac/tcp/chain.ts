import { ADDRESSES } from "../differential/chain.js";
import { FIRST_TYPE } from "./proxy-header.js";
import type { Slots } from "../differential/request.js";

const TYPE = "type.googleapis.com";

/** One listener for connections that are echoed. */
export interface TcpListener {
  readonly name: string;
  /** Network filters before the echo. */
  readonly filters: readonly object[];
  /** Puts dynamic metadata where the header of the PROXY protocol says. */
  readonly slots: Slots;
  readonly transportSocket?: object;
}

export function tcpListenerConfig({ name, filters, slots, transportSocket }: TcpListener): object {
  const rules = slots.claims.map(([metadata_namespace, key], index) => ({
    tlv_type: FIRST_TYPE + index,
    on_tlv_present: { metadata_namespace, key },
  }));
  const proxy = {
    "@type": `${TYPE}/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol`,
    rules,
  };
  const inspector = { "@type": `${TYPE}/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector` };
  const echo = { "@type": `${TYPE}/envoy.extensions.filters.network.echo.v3.Echo` };
  return {
    name,
    address: { socket_address: { address: "0.0.0.0", port_value: 0 } },
    listener_filters: [
      { name: "proxy", typed_config: proxy },
      ...(transportSocket ? [{ name: "tls", typed_config: inspector }] : []),
    ],
    filter_chains: [
      {
        filters: [ADDRESSES, ...filters, { name: "echo", typed_config: echo }],
        ...(transportSocket && { transport_socket: transportSocket }),
      },
    ],
  };
}

/** The native network filter; it has a statistics prefix, which says that it is one for ours too. */
export function nativeNetworkFilter(configuration: object): object {
  return {
    name: "native",
    typed_config: { "@type": `${TYPE}/envoy.extensions.filters.network.rbac.v3.RBAC`, ...configuration },
  };
}
