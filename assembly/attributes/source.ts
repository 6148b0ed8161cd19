// SPDX-License-Identifier: Apache-2.0
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";

// @ts-ignore: decorator
@lazy
const ADDRESS = new Property("source", "address");
// @ts-ignore: decorator
@lazy
const PORT = new Property("source", "port");

/**
 * The client, as Envoy trusts it: after `x-forwarded-for` or the PROXY protocol, where those are configured.
 *
 * Text is null and a number -1 when the attribute is absent. Each getter is a host call of about a microsecond: read once
 * what is used twice.
 */
export abstract class SourceAttributes {
  /** `ip:port`, or the path of a socket. */
  static get address(): Bytes | null {
    return ADDRESS.get();
  }

  /** Absent for a socket without ports. */
  static get port(): i64 {
    return PORT.getInt();
  }
}
