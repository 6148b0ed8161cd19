// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Location, LocationKind } from "../config/location";
import { Provider } from "../config/provider";

/** A place in which tokens of one or more providers may be. */
@final
export class Site {
  /** Issuers whose tokens may be here. */
  private readonly issuers: Array<Bytes> = [];
  /** A provider without an issuer has tokens here, so any issuer may be. */
  private anyIssuer: bool = false;

  constructor(
    readonly kind: LocationKind,
    readonly name: Bytes,
    readonly prefix: Bytes,
  ) {}

  allow(issuer: Bytes): void {
    if (issuer.isEmpty) this.anyIssuer = true;
    this.issuers.push(issuer);
  }

  allows(issuer: Bytes): bool {
    if (this.anyIssuer) return true;
    for (let i = 0; i < this.issuers.length; i++) if (unchecked(this.issuers[i]).equals(issuer)) return true;
    return false;
  }

  is(location: Location): bool {
    return (
      this.kind == location.kind && this.name.equals(location.name) && this.prefix.equals(location.prefix)
    );
  }

  /** Whether removing a token from one removes it from the other: Envoy removes whole headers, whatever their prefix. */
  sharesPlace(other: Site): bool {
    return this.kind == other.kind && this.name.equals(other.name);
  }
}

/**
 * Some of the places, each once, with the issuers that may be in each: those of one provider, or of several together.
 * They are ordered as in the native filter, whose maps are: headers by name and prefix, then parameters, then cookies, by
 * name. It looks at the last one first (source/extensions/filters/http/jwt_authn/extractor.cc).
 */
@final
export class SiteList {
  readonly sites: Array<Site> = [];
  /** Request headers that these providers write. */
  readonly written: Array<Bytes> = [];

  static of(providers: Array<Provider>): SiteList {
    const list = new SiteList();
    for (let i = 0; i < providers.length; i++) list.addAll(unchecked(providers[i]));
    list.sites.sort((a, b) => {
      if (a.kind != b.kind) return <i32>a.kind - <i32>b.kind;
      return a.name.concat(a.prefix).compare(b.name.concat(b.prefix));
    });
    return list;
  }

  private addAll(provider: Provider): void {
    const payloadHeader = provider.payloadHeader;
    if (payloadHeader !== null) addOnce(this.written, payloadHeader);
    for (let i = 0; i < provider.claims.length; i++) addOnce(this.written, provider.claims[i].header);
    for (let i = 0; i < provider.locations.length; i++) {
      const location = unchecked(provider.locations[i]);
      let site: Site | null = null;
      for (let j = 0; j < this.sites.length && site === null; j++) {
        if (unchecked(this.sites[j]).is(location)) site = unchecked(this.sites[j]);
      }
      if (site === null) {
        site = new Site(location.kind, location.name, location.prefix);
        this.sites.push(site);
      }
      site.allow(provider.issuer);
    }
  }
}

function addOnce(names: Array<Bytes>, name: Bytes): void {
  for (let i = 0; i < names.length; i++) if (names[i].equals(name)) return;
  names.push(name);
}
