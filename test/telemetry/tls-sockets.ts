import type { Certificate } from "./certificates.js";
import type { Json } from "./stats-support.js";

const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";

/** Identities as Istio gives them out. */
export const CLIENT_URI = "spiffe://cluster.local/ns/default/sa/client";
export const SERVER_URI = "spiffe://cluster.local/ns/default/sa/server";

/** @param mutual whether clients have to show a certificate, whoever has signed it */
export function downstreamTls(certificate: Certificate, mutual: boolean): Json {
  return {
    name: "tls",
    typed_config: {
      "@type": `${TLS}.DownstreamTlsContext`,
      require_client_certificate: mutual,
      common_tls_context: {
        tls_certificates: [certificate],
        ...(mutual && { validation_context: { trust_chain_verification: "ACCEPT_UNTRUSTED" } }),
      },
    },
  };
}

/** What a cluster has for it. */
export function upstreamTls(certificate?: Certificate): Json {
  return {
    transport_socket: {
      name: "tls",
      typed_config: {
        "@type": `${TLS}.UpstreamTlsContext`,
        common_tls_context: { ...(certificate && { tls_certificates: [certificate] }) },
      },
    },
  };
}
