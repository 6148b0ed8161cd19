// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Bytes } from "../text/bytes";
import { MatchedValue, ValueMatcher } from "./value";

/**
 * An `envoy.type.matcher.v3.MetadataMatcher`: where a value is, and what it must be. Whoever has the metadata walks from
 * `filter` along `path` and asks for what is there.
 */
@final
export class MetadataMatcher {
  private constructor(
    /** The namespace, such as `envoy.filters.http.jwt_authn`. */
    public readonly filter: Bytes,
    /** Names of fields, from the outside in. */
    public readonly path: Array<Bytes>,
    private readonly value: ValueMatcher,
    private readonly isInverted: bool,
  ) {}

  /** Reads the message. */
  static read(message: JsonObject): MetadataMatcher {
    const filter = message.string("filter").copy();
    if (filter.isEmpty) message.refuse("filter", "must not be empty");
    const path: Array<Bytes> = [];
    const segments = message.array("path");
    for (let i = 0; i < segments.length; i++) {
      const segment = segments.object(i);
      const key = segment.string("key").copy();
      if (key.isEmpty) segment.refuse("key", "must not be empty");
      path.push(key);
    }
    if (path.length == 0) message.refuse("path", "must not be empty");
    const value = ValueMatcher.read(message.object("value"));
    return new MetadataMatcher(filter, path, value, message.boolOr("invert", false));
  }

  /** @param value what is at the path: of the kind `Absent` when there is nothing */
  matches(value: MatchedValue): bool {
    return this.value.matches(value) != this.isInverted;
  }
}
