// SPDX-License-Identifier: Apache-2.0
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";

// @ts-ignore: decorator
@lazy
const ADDRESS = new Property("upstream", "address");
// @ts-ignore: decorator
@lazy
const PORT = new Property("upstream", "port");
// @ts-ignore: decorator
@lazy
const LOCAL_ADDRESS = new Property("upstream", "local_address");
// @ts-ignore: decorator
@lazy
const LOCALITY = new Property("upstream", "locality");
// @ts-ignore: decorator
@lazy
const TRANSPORT_FAILURE_REASON = new Property("upstream", "transport_failure_reason");
// @ts-ignore: decorator
@lazy
const REQUEST_ATTEMPT_COUNT = new Property("upstream", "request_attempt_count");
// @ts-ignore: decorator
@lazy
const CX_POOL_READY_DURATION = new Property("upstream", "cx_pool_ready_duration");
// @ts-ignore: decorator
@lazy
const NUM_ENDPOINTS = new Property("upstream", "num_endpoints");
// @ts-ignore: decorator
@lazy
const TLS_VERSION = new Property("upstream", "tls_version");
// @ts-ignore: decorator
@lazy
const SUBJECT_LOCAL_CERTIFICATE = new Property("upstream", "subject_local_certificate");
// @ts-ignore: decorator
@lazy
const SUBJECT_PEER_CERTIFICATE = new Property("upstream", "subject_peer_certificate");
// @ts-ignore: decorator
@lazy
const DNS_SAN_LOCAL_CERTIFICATE = new Property("upstream", "dns_san_local_certificate");
// @ts-ignore: decorator
@lazy
const DNS_SAN_PEER_CERTIFICATE = new Property("upstream", "dns_san_peer_certificate");
// @ts-ignore: decorator
@lazy
const URI_SAN_LOCAL_CERTIFICATE = new Property("upstream", "uri_san_local_certificate");
// @ts-ignore: decorator
@lazy
const URI_SAN_PEER_CERTIFICATE = new Property("upstream", "uri_san_peer_certificate");
// @ts-ignore: decorator
@lazy
const SHA256_PEER_CERTIFICATE_DIGEST = new Property("upstream", "sha256_peer_certificate_digest");

/**
 * What Envoy knows of the upstream of a stream (its "Upstream attributes"); what is about TLS is absent without it.
 *
 * Text is null and a number -1 when the attribute is absent. Each getter is a host call of about a microsecond: read once
 * what is used twice.
 */
export abstract class UpstreamAttributes {
  /** Of the host that was chosen, `ip:port`; once one was, as all below. */
  static get address(): Bytes | null {
    return ADDRESS.get();
  }

  /** Of the host that was chosen. */
  static get port(): i64 {
    return PORT.getInt();
  }

  /** Envoy's own end of the connection, `ip:port`. */
  static get localAddress(): Bytes | null {
    return LOCAL_ADDRESS.get();
  }

  /** A serialized `envoy.config.core.v3.Locality`: fields region 1, zone 2, sub_zone 3. */
  static get locality(): Bytes | null {
    return LOCALITY.get();
  }

  /** Why the connection failed; empty when it did not. */
  static get transportFailureReason(): Bytes | null {
    return TRANSPORT_FAILURE_REASON.get();
  }

  /** How often the request was sent, 1 without retries. */
  static get requestAttemptCount(): i64 {
    return REQUEST_ATTEMPT_COUNT.getInt();
  }

  /** Nanoseconds until a connection was ready. */
  static get cxPoolReadyDuration(): i64 {
    return CX_POOL_READY_DURATION.getInt();
  }

  /** Hosts in the cluster. */
  static get numEndpoints(): i64 {
    return NUM_ENDPOINTS.getInt();
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
}
