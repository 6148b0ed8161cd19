// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { proxy_get_property, proxy_set_property } from "../abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "../abi/memory";
import { Pairs } from "../abi/wire";
import { Bytes } from "../text/bytes";

/**
 * A property of the host by its path, for example `new Property("request", "url_path")` or
 * `new Property("metadata", "filter_metadata").at("envoy.filters.http.jwt_authn")`. Make it once, as a module constant:
 * the path is encoded then, and reading it allocates nothing but the value.
 *
 * Names: Envoy's "Attributes" page. Those that come from a header map are there while the map is: `request.path`,
 * `request.method` and `request.headers` are absent in the response callbacks, once the request has been continued, and
 * back in `onLog`; so read them in `onRequestHeaders` and keep them. A plugin context sees `plugin_name`, `plugin_root_id`,
 * `plugin_vm_id` and `xds.node` only.
 */
@final
export class Property {
  private path: Bytes;

  constructor(first: string, second: string = "", third: string = "", fourth: string = "") {
    let path = Bytes.fromString(first);
    if (second.length > 0) path = join(path, second);
    if (third.length > 0) path = join(path, third);
    if (fourth.length > 0) path = join(path, fourth);
    this.path = path;
  }

  /**
   * The property of a path that is known as octets only, or has more than four parts. A part may be anything but contain a
   * 0x00, which is what the host separates parts by: dots are as good as letters.
   */
  static of(parts: Array<Bytes>): Property {
    const property = new Property("");
    for (let i = 0; i < parts.length; i++)
      property.path = i == 0 ? parts[i].copy() : join<Bytes>(property.path, parts[i]);
    return property;
  }

  /** The property one step below this one. */
  at<P>(part: P): Property {
    const below = new Property("");
    below.path = join<P>(this.path, part);
    return below;
  }

  /** The octets as the host serializes them, or null when absent (or not to be read in this phase). */
  get(): Bytes | null {
    clearOut();
    const status = proxy_get_property(this.path.ptr, <usize>this.path.length, OUT, OUT_SIZE);
    const value = takeOut();
    return status == Status.Ok ? value : null;
  }

  /** An integer property, a duration or a time (both in nanoseconds); `absent` when there is none of 8 bytes. */
  getInt(absent: i64 = -1): i64 {
    const value = this.get();
    return value !== null && value.length == 8 ? load<i64>(value.ptr) : absent;
  }

  /** A double, or a number of metadata; `absent` when there is none of 8 bytes. */
  getDouble(absent: f64 = NaN): f64 {
    const value = this.get();
    return value !== null && value.length == 8 ? load<f64>(value.ptr) : absent;
  }

  /** A map or a struct, as pairs of names and values; a list, as pairs whose names are its elements. Null when absent. */
  getPairs(): Pairs | null {
    const value = this.get();
    return value !== null ? new Pairs(value) : null;
  }

  /** A boolean property; false when absent. */
  getBool(): bool {
    const value = this.get();
    return value !== null && value.at(0) == 1;
  }

  /**
   * Sets filter state `wasm.<name>`, which later filters, access logs and this property read. The path must be one
   * name. Stream contexts only; `NotFound` in a plugin context.
   */
  set<V>(value: V): Status {
    const v = Bytes.of<V>(value);
    return proxy_set_property(this.path.ptr, <usize>this.path.length, v.ptr, <usize>v.length);
  }
}

/** Path parts are joined by 0x00. */
function join<P>(path: Bytes, part: P): Bytes {
  return path.concat<string>("\0").concat<P>(part);
}
