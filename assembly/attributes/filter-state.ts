// SPDX-License-Identifier: Apache-2.0
import { Property } from "../host/property";
import { Value } from "../host/value";

// @ts-ignore: decorator
@lazy
const FILTER_STATE = new Property("filter_state");
// @ts-ignore: decorator
@lazy
const UPSTREAM_FILTER_STATE = new Property("upstream_filter_state");

/**
 * Objects that filters leave on a stream or its connection. Those that Wasm plugins set have names that begin with `wasm.`.
 * Where a name is known in advance, a `new Property("filter_state", name)` made once costs less.
 */
export abstract class FilterState {
  /** The object as it serializes itself; null when there is none, or it has fields only. */
  static get<K>(key: K): Value | null {
    return valueOf(FILTER_STATE.at<K>(key));
  }

  /** One field of an object that has fields. */
  static field<K, F>(key: K, field: F): Value | null {
    return valueOf(FILTER_STATE.at<K>(key).at<F>(field));
  }

  /** As `get`, of the connection to the upstream. */
  static upstream<K>(key: K): Value | null {
    return valueOf(UPSTREAM_FILTER_STATE.at<K>(key));
  }
}

function valueOf(property: Property): Value | null {
  const octets = property.get();
  return octets !== null ? new Value(octets) : null;
}
