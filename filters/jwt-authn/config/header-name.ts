// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { isHeaderName, isPseudoHeaderName } from "tremula/assembly/text/header";
import { Mode } from "./mode";

const NUL: i32 = 0x00;
const LINE_FEED: i32 = 0x0a;
const CARRIAGE_RETURN: i32 = 0x0d;

/**
 * Reads the name of a header that tokens come in; in lower case, as Envoy's filters see names.
 *
 * In `Mode.Strict` it must be the name of a header field. The native filter takes any text, most of which no request can
 * have, and pseudo headers: with `forward: false` it then takes `:path` away and answers 503 (measured on 1.40.0).
 */
export function readHeaderName(object: JsonObject, field: string, mode: Mode): Bytes {
  const name = readHeaderText(object, field);
  if (name.isEmpty) object.refuse(field, "must not be empty");
  else if (mode == Mode.Strict && !isHeaderName(name)) object.refuse(field, "is no name of a header field");
  return lowerCase(name);
}

/**
 * Reads the name of a header that the filter writes, empty when there is none; in lower case.
 *
 * Every header that may be written is taken from all requests first, so that clients cannot send it. For pseudo headers
 * and `host` this leaves no valid request: the native filter accepts such a configuration, then every request gets 400 or
 * 503 (measured on 1.40.0). They are refused in both modes, as are names that are none. `Mode.Strict` also refuses
 * headers that Envoy itself and upstreams take decisions by.
 */
export function readWrittenHeaderName(object: JsonObject, field: string, mode: Mode): Bytes {
  const name = lowerCase(readHeaderText(object, field));
  if (name.isEmpty) return name;
  if (isPseudoHeaderName(name)) object.refuse(field, "must not be a pseudo header");
  else if (!isHeaderName(name)) object.refuse(field, "is no name of a header field");
  else if (name.equals("host")) object.refuse(field, "must not be the host");
  else if (mode == Mode.Strict && (name.startsWith("x-envoy-") || name.startsWith("x-forwarded-"))) {
    object.refuse(field, 'must not begin with "x-envoy-" or "x-forwarded-"');
  }
  return name;
}

/** Reads a text that goes into a header, or is compared with one. As in Envoy's descriptor: no NUL, CR and LF. */
export function readHeaderText(object: JsonObject, field: string): Bytes {
  const text = object.stringOr(field, Bytes.EMPTY);
  if (
    text.indexOfByte(NUL) >= 0 ||
    text.indexOfByte(LINE_FEED) >= 0 ||
    text.indexOfByte(CARRIAGE_RETURN) >= 0
  ) {
    object.refuse(field, "must not contain NUL, CR or LF");
  }
  return text;
}

function lowerCase(text: Bytes): Bytes {
  const lower = text.copy();
  for (let at = lower.ptr, end = lower.ptr + <usize>lower.length; at < end; at++) {
    const octet = load<u8>(at);
    if (octet - 0x41 < 26) store<u8>(at, octet | 0x20);
  }
  return lower;
}
