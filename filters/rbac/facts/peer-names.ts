// SPDX-License-Identifier: Apache-2.0
import { Bytes, ConnectionAttributes } from "tremula/assembly";
import { readPem } from "./pem";
import { SubjectAltNames } from "./subject-alt-names";

/** Connections whose names are remembered: a certificate takes some microseconds to read, and lasts for a connection. */
const REMEMBERED: i32 = 64;

/** The names in the certificate of one connection's peer. */
@final
class PeerNames {
  readonly uris: Array<Bytes>;
  readonly dnsNames: Array<Bytes>;
  /** Null when the connection has no TLS; empty when the peer has shown no certificate. */
  readonly subject: Bytes | null;

  /** Of the connection of the effective context, whose id this is. */
  constructor(readonly connection: i64) {
    // Envoy's attributes for names have the first of each kind only, so the certificate itself is read.
    const pem = ConnectionAttributes.peerCertificate;
    const names = new SubjectAltNames(pem !== null ? readPem(pem) : Bytes.EMPTY);
    this.uris = names.uris;
    this.dnsNames = names.dnsNames;
    const subject = ConnectionAttributes.subjectPeerCertificate;
    this.subject = subject !== null ? subject.copy() : null;
  }
}

/** The names of connections that were seen lately. */
@final
export class PeerNameCache {
  private readonly entries: StaticArray<PeerNames | null> = new StaticArray<PeerNames | null>(REMEMBERED);

  /** Of the connection of the effective context. */
  current(): PeerNames {
    const connection = ConnectionAttributes.id;
    const slot = <i32>(connection & (REMEMBERED - 1));
    const known = unchecked(this.entries[slot]);
    if (known !== null && connection >= 0 && known.connection == connection) return known;
    const names = new PeerNames(connection);
    unchecked((this.entries[slot] = names));
    return names;
  }
}
