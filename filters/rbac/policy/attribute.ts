// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";

/** What kind of thing a condition looks at. */
export enum AttributeKind {
  /** The path of a request without its query and fragment, normalized as configured. */
  UrlPath,
  /** The values of the request header `name`, each by itself. */
  Header,
  /** The request's host: as it came and, where that differs, without its port. */
  Host,
  /** The same, with whatever stands in the place of a port taken for one, see `routedLength`. */
  RoutedHost,
  /** The server name that the client asked for in TLS. */
  RequestedServerName,
  /** `ip:port` that the connection came from, which is what the PROXY protocol says where that is used. */
  SourceIp,
  /** `ip:port` of the peer itself. */
  DirectRemoteIp,
  /** `ip:port` of the client as Envoy trusts it: from `x-forwarded-for` if so configured. */
  RemoteIp,
  /** `ip:port` that the connection went to. */
  DestinationIp,
  /** The same `ip:port`, for its port. */
  DestinationPort,
  /** Names in the peer's certificate: each URI, then each DNS name, then the subject. */
  Principal,
  /** The URIs in the peer's certificate. */
  UriName,
  /** The DNS names in the peer's certificate. */
  DnsName,
  /** The subject of the peer's certificate. */
  Subject,
  /** The filter state object `name`. */
  FilterState,
  /** The value at `path` in namespace `name` of dynamic metadata: a string, or each string of a list. */
  Metadata,
  /** The same of the route's metadata. */
  RouteMetadata,
}

/** Something of a request or connection that conditions ask for. Equal ones are one object, see `Interner`. */
@final
export class Attribute {
  constructor(
    /** Attributes of a policy set are numbered from 0. */
    readonly id: i32,
    readonly kind: AttributeKind,
    /** A header's name in lower case, a key, a namespace; empty for the others. */
    readonly name: Bytes,
    /** Fields of metadata, from the outside in. */
    readonly path: Array<Bytes>,
  ) {}

  /** Writes what makes it this attribute and no other. */
  static writeKey(to: ByteWriter, kind: AttributeKind, name: Bytes, path: Array<Bytes>): void {
    to.writeByte(<u8>kind).write(name);
    for (let i = 0; i < path.length; i++) to.writeByte(0).write(path[i]);
  }

  /** In words, for explanations. */
  describe(): Bytes {
    const text = new ByteWriter(48).write(nameOf(this.kind));
    if (!this.name.isEmpty) text.write(" ").write(this.name);
    for (let i = 0; i < this.path.length; i++) text.write(i == 0 ? " " : ".").write(this.path[i]);
    return text.toBytes();
  }
}

function nameOf(kind: AttributeKind): string {
  switch (kind) {
    case AttributeKind.UrlPath:
      return "url_path";
    case AttributeKind.Header:
      return "header";
    case AttributeKind.Host:
    case AttributeKind.RoutedHost:
      return "host";
    case AttributeKind.RequestedServerName:
      return "requested_server_name";
    case AttributeKind.SourceIp:
      return "source_ip";
    case AttributeKind.DirectRemoteIp:
      return "direct_remote_ip";
    case AttributeKind.RemoteIp:
      return "remote_ip";
    case AttributeKind.DestinationIp:
      return "destination_ip";
    case AttributeKind.DestinationPort:
      return "destination_port";
    case AttributeKind.Principal:
      return "authenticated";
    case AttributeKind.UriName:
      return "URI in the certificate";
    case AttributeKind.DnsName:
      return "DNS name in the certificate";
    case AttributeKind.Subject:
      return "subject of the certificate";
    case AttributeKind.FilterState:
      return "filter_state";
    case AttributeKind.Metadata:
      return "metadata";
    default:
      return "route metadata";
  }
}
