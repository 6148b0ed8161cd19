// SPDX-License-Identifier: Apache-2.0
import { Pairs } from "../abi/wire";
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";

/**
 * A struct in Envoy's metadata: one namespace, or a struct inside one. Each read goes to the host and takes one value out;
 * Envoy does not say of which type it is, so ask for the one that it must have.
 */
@final
export class Metadata {
  constructor(private readonly property: Property) {}

  /** A namespace of the stream's dynamic metadata, which filters write: `envoy.filters.http.jwt_authn` for instance. */
  static dynamic<N>(namespace: N): Metadata {
    return new Metadata(DYNAMIC.at<N>(namespace));
  }

  /** The struct below this one. */
  at<K>(key: K): Metadata {
    return new Metadata(this.property.at<K>(key));
  }

  /** A string, or null when there is nothing. */
  string<K>(key: K): Bytes | null {
    return this.property.at<K>(key).get();
  }

  /** A number of a namespace; `absent` when there is none. */
  number<K>(key: K, absent: f64 = NaN): f64 {
    return this.property.at<K>(key).getDouble(absent);
  }

  /** False when there is nothing. */
  bool<K>(key: K): bool {
    return this.property.at<K>(key).getBool();
  }

  /** Names and values of the struct below this one, each as `Value` reads it; null when there is nothing. */
  struct<K>(key: K): Pairs | null {
    return this.property.at<K>(key).getPairs();
  }

  /** The elements of a list as names of pairs without values; null when there is nothing. */
  list<K>(key: K): Pairs | null {
    return this.property.at<K>(key).getPairs();
  }
}

// @ts-ignore: decorator
@lazy
const DYNAMIC = new Property("metadata", "filter_metadata");
