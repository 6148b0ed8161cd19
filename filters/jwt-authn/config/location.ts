// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { readHeaderName, readHeaderText } from "./header-name";
import { Mode } from "./mode";

/** Where in a request a token is looked for. */
export enum LocationKind {
  Header,
  Parameter,
  Cookie,
}

/** One place for tokens of a provider. */
@final
export class Location {
  constructor(
    readonly kind: LocationKind,
    /** Of the header, in lower case, or of the query parameter or cookie, as it is. */
    readonly name: Bytes,
    /** What comes before the token in a header; empty for other kinds. */
    readonly prefix: Bytes = Bytes.EMPTY,
  ) {}

  /**
   * Reads `from_headers`, `from_params` and `from_cookies` of a provider, in this order, which is the order in which the
   * native filter looks at them. Without any of the three it is the `Authorization` header and the query parameter
   * `access_token` (RFC 6750 sections 2.1 and 2.3).
   */
  static readAll(provider: JsonObject, mode: Mode): Location[] {
    const locations = new Array<Location>();
    const headers = provider.arrayOrEmpty("from_headers");
    for (let i = 0; i < headers.length; i++) {
      const header = headers.object(i);
      const name = readHeaderName(header, "name", mode);
      locations.push(new Location(LocationKind.Header, name, readHeaderText(header, "value_prefix")));
    }
    const parameters = provider.arrayOrEmpty("from_params");
    for (let i = 0; i < parameters.length; i++) {
      locations.push(new Location(LocationKind.Parameter, parameters.string(i)));
    }
    const cookies = provider.arrayOrEmpty("from_cookies");
    for (let i = 0; i < cookies.length; i++) {
      locations.push(new Location(LocationKind.Cookie, cookies.string(i)));
    }
    if (locations.length > 0) return locations;
    locations.push(new Location(LocationKind.Header, Bytes.of("authorization"), Bytes.of("Bearer ")));
    locations.push(new Location(LocationKind.Parameter, Bytes.of("access_token")));
    return locations;
  }
}
