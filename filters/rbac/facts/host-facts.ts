// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  ConnectionAttributes,
  Context,
  DestinationAttributes,
  Expression,
  MatchedValue,
  pathLength,
  Property,
  SourceAttributes,
  ValueKind,
} from "tremula/assembly";
import { AddressPlace } from "../config/address-place";
import { Options, PathNormalization } from "../config/options";
import { Attribute, AttributeKind } from "../policy/attribute";
import { Facts } from "../policy/facts";
import { MetadataReader } from "./metadata-reader";
import { PathNormalizer } from "./path-normalizer";
import { PeerNameCache } from "./peer-names";
import { portLength, routedLength } from "./port-length";

// @ts-ignore: decorator
@lazy
const PATH: string = ":path";
// @ts-ignore: decorator
@lazy
const AUTHORITY: string = ":authority";

/** What the host says of the request or connection of the effective context; `headers` are filled by whoever has them. */
@final
export class HostFacts extends Facts {
  /** Whose callback runs, for CEL. */
  context: Context | null = null;
  /** By number, as conditions have it. */
  readonly expressions: Array<Expression> = [];
  private readonly metadataReader: MetadataReader = new MetadataReader();
  private readonly peers: PeerNameCache = new PeerNameCache();
  private readonly normalizer: PathNormalizer | null;
  private readonly directRemote: Property | null;
  private readonly connectionRemote: Property | null;
  /** By attribute, where one is a property. */
  private readonly properties: Array<Property | null> = [];

  constructor(options: Options, attributes: Array<Attribute>) {
    super();
    this.normalizer =
      options.pathNormalization != PathNormalization.None
        ? new PathNormalizer(options.pathNormalization)
        : null;
    this.directRemote = propertyOf(options.directRemote);
    this.connectionRemote = propertyOf(options.connectionRemote);
    for (let i = 0; i < attributes.length; i++) {
      const attribute = attributes[i];
      const isState = attribute.kind == AttributeKind.FilterState;
      this.properties.push(isState ? new Property("filter_state").at(attribute.name) : null);
    }
  }

  begin(): void {
    super.begin();
    this.metadataReader.begin();
  }

  metadata(attribute: Attribute): MatchedValue {
    return this.metadataReader.find(attribute);
  }

  evaluate(expression: i32): bool {
    const context = this.context;
    if (context === null || <u32>expression >= <u32>this.expressions.length) return false;
    const value = context.evaluate(unchecked(this.expressions[expression]));
    return value !== null && value.bool;
  }

  isTls(): bool {
    return ConnectionAttributes.tlsVersion !== null;
  }

  isMutualTls(): bool {
    return ConnectionAttributes.mtls;
  }

  protected fetch(attribute: Attribute): void {
    switch (attribute.kind) {
      case AttributeKind.UrlPath:
        this.addPath();
        break;
      case AttributeKind.Header:
        this.addHeader(attribute.name);
        break;
      case AttributeKind.Host:
        this.addHost(false);
        break;
      case AttributeKind.RoutedHost:
        this.addHost(true);
        break;
      case AttributeKind.RequestedServerName: {
        const name = ConnectionAttributes.requestedServerName;
        // A connection without one has an empty one, as natively.
        this.add(name !== null ? name : Bytes.EMPTY);
        break;
      }
      case AttributeKind.RemoteIp:
        this.addIfAny(SourceAttributes.address);
        break;
      case AttributeKind.SourceIp:
        this.addIfAny(addressAt(this.connectionRemote));
        break;
      case AttributeKind.DirectRemoteIp:
        this.addIfAny(addressAt(this.directRemote));
        break;
      case AttributeKind.DestinationIp:
      case AttributeKind.DestinationPort:
        this.addIfAny(DestinationAttributes.address);
        break;
      case AttributeKind.Principal:
      case AttributeKind.UriName:
      case AttributeKind.DnsName:
      case AttributeKind.Subject:
        this.addNames(attribute.kind);
        break;
      case AttributeKind.FilterState: {
        const property = unchecked(this.properties[attribute.id]);
        if (property !== null) this.addIfAny(property.get());
        break;
      }
      default:
        this.addStrings(this.metadata(attribute));
    }
  }

  private addIfAny(value: Bytes | null): void {
    if (value !== null) this.add(value);
  }

  private addPath(): void {
    const headers = this.headers;
    const index = headers.find(Bytes.of(PATH));
    if (index < 0) return;
    const path = headers.value(index);
    const ptr = path.ptr;
    const length = pathLength(path);
    const normalizer = this.normalizer;
    if (normalizer === null) this.addAt(ptr, length);
    else {
      normalizer.normalize(ptr, length);
      this.addAt(normalizer.ptr, normalizer.length);
    }
  }

  private addHeader(name: Bytes): void {
    const headers = this.headers;
    for (let index = headers.find(name); index >= 0; index = headers.find(name, index + 1)) {
      this.addAt(headers.valuePtr(index), headers.valueLength(index));
    }
  }

  private addHost(asRouted: bool): void {
    const headers = this.headers;
    const index = headers.find(Bytes.of(AUTHORITY));
    if (index < 0) return;
    const ptr = headers.valuePtr(index);
    const length = headers.valueLength(index);
    this.addAt(ptr, length);
    const bare = asRouted ? routedLength(ptr, length) : length - portLength(ptr, length);
    if (bare < length) this.addAt(ptr, bare);
  }

  /** Each URI, then each DNS name, then the subject (source/extensions/filters/common/rbac/matchers.cc, AuthenticatedMatcher). */
  private addNames(kind: AttributeKind): void {
    const names = this.peers.current();
    const isAll = kind == AttributeKind.Principal;
    if (isAll || kind == AttributeKind.UriName) {
      for (let i = 0; i < names.uris.length; i++) this.add(unchecked(names.uris[i]));
    }
    if (isAll || kind == AttributeKind.DnsName) {
      for (let i = 0; i < names.dnsNames.length; i++) this.add(unchecked(names.dnsNames[i]));
    }
    if (isAll || kind == AttributeKind.Subject) this.addIfAny(names.subject);
  }

  /** For the index: conditions look at the value itself. */
  private addStrings(value: MatchedValue): void {
    if (value.kind == ValueKind.String) this.add(value.string);
    else if (value.kind == ValueKind.List) {
      for (let i = 0; i < value.count; i++) {
        const element = value.at(i);
        if (element.kind == ValueKind.String) this.add(element.string);
      }
    }
  }
}

/** Null: it is `source.address`. */
function propertyOf(place: AddressPlace | null): Property | null {
  if (place === null || place.filterState.isEmpty) return null;
  return new Property("filter_state").at(place.filterState);
}

function addressAt(property: Property | null): Bytes | null {
  return property !== null ? property.get() : SourceAttributes.address;
}
