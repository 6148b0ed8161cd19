// SPDX-License-Identifier: Apache-2.0
import { Bytes, MatchedValue, Property } from "tremula/assembly";
import { Attribute, AttributeKind } from "../policy/attribute";
import { Claims, JWT_AUTHN } from "./claims";
import { ProtoValue } from "./proto-value";

/**
 * Metadata of a request and of its route. Read as the whole message (envoy.config.core.v3.Metadata): Envoy does not say of
 * which type a single value is, and gives none of a namespace that has a null in it (measured on 1.40.0).
 */
@final
export class MetadataReader {
  private readonly dynamic: Property = new Property("metadata");
  private readonly route: Property = new Property("xds", "route_metadata");
  private dynamicOctets: Bytes | null = null;
  private routeOctets: Bytes | null = null;
  private readonly claims: Array<Claims> = [];
  private readonly value: ProtoValue = new ProtoValue();

  /** Another request begins. */
  begin(): void {
    this.dynamicOctets = null;
    this.routeOctets = null;
    for (let i = 0; i < this.claims.length; i++) unchecked(this.claims[i]).begin();
  }

  /** The value that an attribute names: good until the next one is asked for. */
  find(attribute: Attribute): MatchedValue {
    const isRoute = attribute.kind == AttributeKind.RouteMetadata;
    const octets = isRoute ? this.routeMetadata() : this.dynamicMetadata();
    const value = this.value;
    if (value.findField(octets.ptr, octets.length, attribute.name)) {
      return value.setBelow(value.textPtr, value.textLength, attribute.path);
    }
    if (!isRoute && attribute.name.equals(JWT_AUTHN)) return this.claimsOf(attribute).find(attribute);
    return value.setAbsent();
  }

  private dynamicMetadata(): Bytes {
    const known = this.dynamicOctets;
    if (known !== null) return known;
    const read = this.dynamic.get();
    const octets = read !== null ? read : Bytes.EMPTY;
    this.dynamicOctets = octets;
    return octets;
  }

  private routeMetadata(): Bytes {
    const known = this.routeOctets;
    if (known !== null) return known;
    const read = this.route.get();
    const octets = read !== null ? read : Bytes.EMPTY;
    this.routeOctets = octets;
    return octets;
  }

  /** As many as there are keys in the configuration. */
  private claimsOf(attribute: Attribute): Claims {
    const key = attribute.path.length > 0 ? unchecked(attribute.path[0]) : Bytes.EMPTY;
    for (let i = 0; i < this.claims.length; i++) {
      if (unchecked(this.claims[i]).key.equals(key)) return unchecked(this.claims[i]);
    }
    const claims = new Claims(key);
    this.claims.push(claims);
    return claims;
  }
}
