// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Provider } from "../config/provider";
import { SiteList } from "./site";

/** Who issues which tokens, and where they are: what the providers of a configuration say, made ready for requests. */
@final
export class Issuers {
  /** The places of all providers. */
  readonly everybody: SiteList;
  private readonly each: Array<SiteList> = [];

  constructor(readonly providers: Array<Provider>) {
    this.everybody = SiteList.of(providers);
    for (let i = 0; i < providers.length; i++) this.each.push(SiteList.of([providers[i]]));
  }

  /** The places of one provider. */
  siteListOf(provider: i32): SiteList {
    return this.each[provider];
  }

  /**
   * The provider of tokens of an issuer: the first one that has it; without any, the first that takes every issuer; or
   * -1. Natively it is any of those that have the issuer, and not always the same one.
   */
  providerOf(issuer: Bytes): i32 {
    let other = -1;
    for (let i = 0; i < this.providers.length; i++) {
      const own = unchecked(this.providers[i]).issuer;
      if (own.isEmpty) {
        if (other < 0) other = i;
      } else if (own.equals(issuer)) return i;
    }
    return other;
  }
}
