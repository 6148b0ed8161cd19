import type { TrustDomains } from "../authorization/trust-domain.js";
import { SPIFFE } from "../authorization/values.js";
import type { JsonObject } from "../json.js";
import { isAddress, typed } from "./wasm.js";

/** The files by which Istio's proxies have had their certificates. */
const CERTIFICATE = "cert-chain.pem";
const KEY = "key.pem";
const ROOT = "root-cert.pem";

/**
 * TLS of a listener that only takes clients with a certificate of the mesh. Its authority may have signed others: a client of a
 * trust domain that is none of the mesh's is turned away, as Istio does, for policies that name a namespace or an account do not
 * ask for the domain.
 */
export function mutualTls(folder: string, { trustDomain, aliases }: TrustDomains): JsonObject {
  const file = (name: string) => ({ filename: `${folder.replace(/\/$/, "")}/${name}` });
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
      require_client_certificate: true,
      common_tls_context: {
        tls_certificates: [{ certificate_chain: file(CERTIFICATE), private_key: file(KEY) }],
        validation_context: {
          trusted_ca: file(ROOT),
          match_typed_subject_alt_names: [trustDomain, ...aliases].map((domain) => ({
            san_type: "URI",
            matcher: { prefix: `${SPIFFE}${domain}/` },
          })),
        },
        alpn_protocols: ["h2", "http/1.1"],
      },
    }),
  };
}

/** TLS to a server whose certificate has to be for its name, or its address, which is no name that SNI could say. */
export function serverTls(host: string, trustedCa: string): JsonObject {
  const bare = host.replace(/^\[|\]$/g, "");
  const isName = !isAddress(host);
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      ...(isName && { sni: host }),
      common_tls_context: {
        validation_context: {
          trusted_ca: { filename: trustedCa },
          match_typed_subject_alt_names: [
            { san_type: isName ? "DNS" : "IP_ADDRESS", matcher: { exact: bare } },
          ],
        },
      },
    }),
  };
}
