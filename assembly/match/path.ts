// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Bytes } from "../text/bytes";
import { StringMatcher } from "./string";

/** Octets of a path before its query and fragment, of the `length` octets at `ptr`. */
export function pathLengthAt(ptr: usize, length: i32): i32 {
  for (let i = 0; i < length; i++) {
    const octet = load<u8>(ptr + <usize>i);
    if (octet == 0x3f || octet == 0x23) return i;
  }
  return length;
}

/** Octets of a path before its query and fragment: `path.slice(0, pathLength(path))`. */
export function pathLength(path: Bytes): i32 {
  return pathLengthAt(path.ptr, path.length);
}

/** An `envoy.type.matcher.v3.PathMatcher`: a string matcher on a path without its query and fragment. */
@final
export class PathMatcher {
  private constructor(private readonly strings: StringMatcher) {}

  static read(message: JsonObject): PathMatcher {
    return new PathMatcher(StringMatcher.read(message.object("path")));
  }

  /** @param path with its query, as `:path` has it */
  matches(path: Bytes): bool {
    return this.matchesAt(path.ptr, path.length);
  }

  matchesAt(ptr: usize, length: i32): bool {
    return this.strings.matchesAt(ptr, pathLengthAt(ptr, length));
  }
}
