// SPDX-License-Identifier: Apache-2.0
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";

// @ts-ignore: decorator
@lazy
const ADDRESS = new Property("destination", "address");
// @ts-ignore: decorator
@lazy
const PORT = new Property("destination", "port");

/**
 * Where the client's connection went: Envoy's own end, or the original destination.
 *
 * Text is null and a number -1 when the attribute is absent. Each getter is a host call of about a microsecond: read once
 * what is used twice.
 */
export abstract class DestinationAttributes {
  /** `ip:port`, or the path of a socket. */
  static get address(): Bytes | null {
    return ADDRESS.get();
  }

  /** Absent for a socket without ports. */
  static get port(): i64 {
    return PORT.getInt();
  }
}
