// SPDX-License-Identifier: Apache-2.0
import { PairList, Pairs } from "tremula/assembly/abi/wire";
import { HeaderMapType } from "tremula/assembly/abi/enums";
import { HeaderMap } from "tremula/assembly/host/headers";
import { Bytes } from "tremula/assembly/text/bytes";
import { HeaderMapTypeValues } from "./enums";

/** A header as two buffers of octets. */
export class HeaderPair {
  constructor(
    public key: ArrayBuffer,
    public value: ArrayBuffer,
  ) {}

  toString(): string {
    return `${text(this.key)}:${text(this.value)}`;
  }
}

export type Headers = Array<HeaderPair>;

export function makeHeaderPair(key: string, value: string): HeaderPair {
  return new HeaderPair(String.UTF8.encode(key), String.UTF8.encode(value));
}

/** One header map of the current stream. What the host refuses does nothing, where it used to trap. */
@final
export class HeaderStreamManipulator {
  private readonly map: HeaderMap;

  constructor(public typ: HeaderMapTypeValues) {
    this.map = new HeaderMap(<HeaderMapType>typ);
  }

  add(key: string, value: string): void {
    this.map.add(key, value);
  }

  replace(key: string, value: string): void {
    this.map.replace(key, value);
  }

  /** Empty for a missing header as for an empty one; octets that are not UTF-8 become U+FFFD. */
  get(key: string): string {
    const value = this.map.get(key);
    return value !== null ? value.toString() : "";
  }

  remove(key: string): void {
    this.map.remove(key);
  }

  get_headers(): Headers {
    return toHeaders(this.map.pairs());
  }

  set_headers(headers: Headers): void {
    this.map.setAll(toList(headers));
  }
}


@final
export class HeaderMapManipulator {
  constructor(
    public request: HeaderStreamManipulator,
    public response: HeaderStreamManipulator,
    public http_callback: HeaderStreamManipulator,
  ) {}
}


@final
export class StreamContext {
  constructor(
    public headers: HeaderMapManipulator,
    public trailers: HeaderMapManipulator,
  ) {}
}

/** The headers and trailers of the stream whose callback runs. */
export const stream_context = new StreamContext(
  new HeaderMapManipulator(
    new HeaderStreamManipulator(HeaderMapTypeValues.RequestHeaders),
    new HeaderStreamManipulator(HeaderMapTypeValues.ResponseHeaders),
    new HeaderStreamManipulator(HeaderMapTypeValues.HttpCallResponseHeaders),
  ),
  new HeaderMapManipulator(
    new HeaderStreamManipulator(HeaderMapTypeValues.RequestTrailers),
    new HeaderStreamManipulator(HeaderMapTypeValues.ResponseTrailers),
    new HeaderStreamManipulator(HeaderMapTypeValues.HttpCallResponseTrailers),
  ),
);

/** For the rest of this folder: the pairs as the SDK takes them. */
export function toList(headers: Headers): PairList {
  const list = new PairList();
  for (let i = 0; i < headers.length; i++) {
    const pair = headers[i];
    list.add(Bytes.fromBuffer(pair.key), Bytes.fromBuffer(pair.value));
  }
  return list;
}

/** For the rest of this folder: a copy of octets, none for null. */
export function bufferOf(bytes: Bytes | null): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes !== null ? bytes.length : 0);
  if (bytes !== null) memory.copy(changetype<usize>(buffer), bytes.ptr, <usize>bytes.length);
  return buffer;
}

function toHeaders(pairs: Pairs): Headers {
  const headers: Headers = [];
  while (pairs.next()) headers.push(new HeaderPair(bufferOf(pairs.name), bufferOf(pairs.value)));
  return headers;
}

function text(buffer: ArrayBuffer): string {
  return Bytes.fromBuffer(buffer).toString();
}
