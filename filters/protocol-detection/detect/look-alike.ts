// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "./protocol";

/**
 * Whether octets that begin as this protocol does may go on as a request that HTTP servers take. RFC 9110 section 9.1 lets
 * every word be a method, and servers let it: `ruok /admin HTTP/1.1` begins with all that ZooKeeper's probe can ask for, and
 * Go's server answers it. Lines that end in `RTSP/1.0` are requests to Node's server, which then goes on to take HTTP.
 */
export function looksLikeHttp(protocol: Protocol): bool {
  switch (protocol) {
    case Protocol.Git:
    case Protocol.Memcached:
    case Protocol.Nats:
    case Protocol.Rtsp:
    case Protocol.Sip:
    case Protocol.Smtp:
    case Protocol.Ssh:
    case Protocol.ZooKeeper:
      return true;
    default:
      return false;
  }
}
