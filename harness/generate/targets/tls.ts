import type { JsonObject } from "../json.js";
import { typed } from "./wasm.js";

/** The files by which Istio's proxies have had their certificates. */
const CERTIFICATE = "cert-chain.pem";
const KEY = "key.pem";
const ROOT = "root-cert.pem";

/** TLS of a listener that only takes clients with a certificate of the mesh. */
export function mutualTls(folder: string): JsonObject {
  const file = (name: string) => ({ filename: `${folder.replace(/\/$/, "")}/${name}` });
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
      require_client_certificate: true,
      common_tls_context: {
        tls_certificates: [{ certificate_chain: file(CERTIFICATE), private_key: file(KEY) }],
        validation_context: { trusted_ca: file(ROOT) },
        alpn_protocols: ["h2", "http/1.1"],
      },
    }),
  };
}

/** TLS to a server whose certificate has to be for its name. */
export function serverTls(host: string, trustedCa: string): JsonObject {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      sni: host,
      common_tls_context: {
        validation_context: {
          trusted_ca: { filename: trustedCa },
          match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: host } }],
        },
      },
    }),
  };
}
