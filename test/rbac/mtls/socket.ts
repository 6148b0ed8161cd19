import type { Identity } from "./certificates.js";

const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";

/**
 * TLS that asks clients for a certificate of this authority, but does not insist on one.
 * @param verification ACCEPT_UNTRUSTED takes those of other authorities too
 */
export function optionalMutualTls(
  { cert, key }: Identity,
  authority: string,
  verification = "VERIFY_TRUST_CHAIN",
): object {
  return {
    name: "tls",
    typed_config: {
      "@type": TLS,
      require_client_certificate: false,
      common_tls_context: {
        tls_certificates: [
          { certificate_chain: { inline_string: cert }, private_key: { inline_string: key } },
        ],
        validation_context: {
          trusted_ca: { inline_string: authority },
          trust_chain_verification: verification,
        },
      },
    },
  };
}
