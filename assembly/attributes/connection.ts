// SPDX-License-Identifier: Apache-2.0
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";

// @ts-ignore: decorator
@lazy
const ID = new Property("connection", "id");
// @ts-ignore: decorator
@lazy
const MTLS = new Property("connection", "mtls");
// @ts-ignore: decorator
@lazy
const REQUESTED_SERVER_NAME = new Property("connection", "requested_server_name");
// @ts-ignore: decorator
@lazy
const TLS_VERSION = new Property("connection", "tls_version");
// @ts-ignore: decorator
@lazy
const SUBJECT_LOCAL_CERTIFICATE = new Property("connection", "subject_local_certificate");
// @ts-ignore: decorator
@lazy
const SUBJECT_PEER_CERTIFICATE = new Property("connection", "subject_peer_certificate");
// @ts-ignore: decorator
@lazy
const DNS_SAN_LOCAL_CERTIFICATE = new Property("connection", "dns_san_local_certificate");
// @ts-ignore: decorator
@lazy
const DNS_SAN_PEER_CERTIFICATE = new Property("connection", "dns_san_peer_certificate");
// @ts-ignore: decorator
@lazy
const URI_SAN_LOCAL_CERTIFICATE = new Property("connection", "uri_san_local_certificate");
// @ts-ignore: decorator
@lazy
const URI_SAN_PEER_CERTIFICATE = new Property("connection", "uri_san_peer_certificate");
// @ts-ignore: decorator
@lazy
const SHA256_PEER_CERTIFICATE_DIGEST = new Property("connection", "sha256_peer_certificate_digest");
// @ts-ignore: decorator
@lazy
const PEER_CERTIFICATE = new Property("connection", "peer_certificate");
// @ts-ignore: decorator
@lazy
const TERMINATION_DETAILS = new Property("connection", "termination_details");
// @ts-ignore: decorator
@lazy
const TRANSPORT_FAILURE_REASON = new Property("connection", "transport_failure_reason");

/**
 * What Envoy knows of the client's connection (its "Connection attributes"); what is about TLS is absent without it.
 *
 * Text is null and a number -1 when the attribute is absent. Each getter is a host call of about a microsecond: read once
 * what is used twice.
 */
export abstract class ConnectionAttributes {
  /** Number of the client's connection, unique on this Envoy. */
  static get id(): i64 {
    return ID.getInt();
  }

  /** Whether the client showed a certificate, which is not to say that it was verified. */
  static get mtls(): bool {
    return MTLS.getBool();
  }

  /** Server name that the client asked for in TLS (SNI); empty when it did not. */
  static get requestedServerName(): Bytes | null {
    return REQUESTED_SERVER_NAME.get();
  }

  /** `TLSv1.2`, `TLSv1.3`. */
  static get tlsVersion(): Bytes | null {
    return TLS_VERSION.get();
  }

  /** Subject of the certificate that Envoy showed. */
  static get subjectLocalCertificate(): Bytes | null {
    return SUBJECT_LOCAL_CERTIFICATE.get();
  }

  /** Subject of the certificate that the peer showed. */
  static get subjectPeerCertificate(): Bytes | null {
    return SUBJECT_PEER_CERTIFICATE.get();
  }

  /** First DNS name in the certificate that Envoy showed. */
  static get dnsSanLocalCertificate(): Bytes | null {
    return DNS_SAN_LOCAL_CERTIFICATE.get();
  }

  /** First DNS name in the certificate that the peer showed. */
  static get dnsSanPeerCertificate(): Bytes | null {
    return DNS_SAN_PEER_CERTIFICATE.get();
  }

  /** First URI, a SPIFFE id for instance, in the certificate that Envoy showed. */
  static get uriSanLocalCertificate(): Bytes | null {
    return URI_SAN_LOCAL_CERTIFICATE.get();
  }

  /** First URI, a SPIFFE id for instance, in the certificate that the peer showed. */
  static get uriSanPeerCertificate(): Bytes | null {
    return URI_SAN_PEER_CERTIFICATE.get();
  }

  /** SHA-256 of the certificate that the peer showed, in hexadecimal. */
  static get sha256PeerCertificateDigest(): Bytes | null {
    return SHA256_PEER_CERTIFICATE_DIGEST.get();
  }

  /** The certificate that the peer showed, as PEM, URL-encoded. */
  static get peerCertificate(): Bytes | null {
    return PEER_CERTIFICATE.get();
  }

  /** Why Envoy closed the connection. */
  static get terminationDetails(): Bytes | null {
    return TERMINATION_DETAILS.get();
  }

  /** Why TLS with the client failed. */
  static get transportFailureReason(): Bytes | null {
    return TRANSPORT_FAILURE_REASON.get();
  }
}
