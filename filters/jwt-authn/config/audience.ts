// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonArray } from "tremula/assembly";

const SLASH: i32 = 0x2f;

/**
 * An audience as it is compared, in configurations and tokens: without `http://` or `https://` before it, then without
 * one `/` behind it. So `https://` and the empty audience are the same, and `https:/` is another (measured on 1.40.0).
 */
export function normaliseAudience(audience: Bytes): Bytes {
  if (audience.startsWith("https://")) audience = audience.slice(8);
  else if (audience.startsWith("http://")) audience = audience.slice(7);
  return audience.at(audience.length - 1) == SLASH ? audience.slice(0, audience.length - 1) : audience;
}

/** Reads a list of audiences, each as it is compared. */
export function readAudiences(list: JsonArray): Bytes[] {
  const audiences = new Array<Bytes>();
  for (let i = 0; i < list.length; i++) audiences.push(normaliseAudience(list.string(i)));
  return audiences;
}
