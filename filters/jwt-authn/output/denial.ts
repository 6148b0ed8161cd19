// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, LocalResponse } from "tremula/assembly";
import { Mode } from "../config/mode";
import { JwtStatus, textOf } from "../status";

const FORBIDDEN: u32 = 403;
const UNAUTHORIZED: u32 = 401;
const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;

/** The response for a request without a good token (source/extensions/filters/http/jwt_authn/filter.cc, onComplete). */
export function denial(status: JwtStatus, stripped: bool, url: Bytes, mode: Mode): LocalResponse {
  const text = textOf(status);
  const code = status == JwtStatus.AudienceNotAllowed ? FORBIDDEN : UNAUTHORIZED;
  const response = new LocalResponse(code).withDetails(detailsOf(text));
  if (stripped) return response;
  const challenge = new ByteWriter(64).write('Bearer realm="').write(realmOf(url, mode)).write('"');
  if (status != JwtStatus.Missed) challenge.write(', error="invalid_token"');
  response.withBody(text).withHeader("www-authenticate", challenge);
  return response;
}

/** The response for a route that names a requirement which is not there. */
export function unknownRequirement(name: Bytes, names: Array<Bytes>): LocalResponse {
  const text = new ByteWriter(128)
    .write("Wrong requirement_name: ")
    .write(name)
    .write(". It should be one of [");
  for (let i = 0; i < names.length; i++) text.write(i > 0 ? "," : "").write(names[i]);
  text.write("]");
  const body = new ByteWriter(160).write("Failed JWT authentication: ").write(text);
  return new LocalResponse(FORBIDDEN).withBody(body).withDetails(detailsOf<ByteWriter>(text));
}

function detailsOf<T>(text: T): Bytes {
  const details = new ByteWriter(96).write("jwt_authn_access_denied{").write(text).write("}").toBytes();
  for (let i = 0; i < details.length; i++) {
    if (details.at(i) == 0x20) store<u8>(details.ptr + <usize>i, 0x5f);
  }
  return details;
}

/**
 * Native echoes the whole URL as it is, query and quotes included. Strict mode leaves the query out, in which the token
 * may be, and escapes what ends a quoted string (RFC 9110 section 5.6.4). Control characters, which no header can hold, are
 * left out in both.
 */
function realmOf(url: Bytes, mode: Mode): Bytes {
  const question = mode == Mode.Strict ? url.indexOfByte(0x3f) : -1;
  const visible = question >= 0 ? url.slice(0, question) : url;
  const realm = new ByteWriter(visible.length + 8);
  for (let i = 0; i < visible.length; i++) {
    const octet = visible.at(i);
    if (octet < 0x20 || octet == 0x7f) continue;
    if (mode == Mode.Strict && (octet == QUOTE || octet == BACKSLASH)) realm.writeByte(<u8>BACKSLASH);
    realm.writeByte(<u8>octet);
  }
  return realm.toBytes();
}
