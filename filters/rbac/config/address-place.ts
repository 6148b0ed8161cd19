// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";

/**
 * Where an address is that Envoy has no attribute for: in a filter state object, which the native `set_filter_state` filter
 * can make of `%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%`; or it is the one that Envoy has, as nothing in front of the filter
 * takes addresses from headers or from the PROXY protocol.
 */
@final
export class AddressPlace {
  private constructor(
    /** Empty when it is `source.address`. */
    readonly filterState: Bytes,
  ) {}

  static read(object: JsonObject | null): AddressPlace | null {
    if (object === null) return null;
    const form = object.oneOf(["filter_state", "same_as_remote"]);
    if (form == 0) {
      const key = object.string("filter_state").copy();
      if (key.isEmpty) object.refuse("filter_state", "must not be empty");
      return new AddressPlace(key);
    }
    if (form == 1 && !object.bool("same_as_remote")) object.refuse("same_as_remote", "must be true");
    return new AddressPlace(Bytes.EMPTY);
  }
}
