import { fieldText, fromLatin1, type Octets } from "./octets.js";

export type HeaderPair = readonly [name: string, value: string];

/** What a header map can be made of: pairs, which may repeat a name, or an object. */
export type HeaderInit =
  HeaderMap | Iterable<readonly [Octets, Octets]> | Readonly<Record<string, Octets | readonly Octets[]>>;

/**
 * Headers of which Envoy keeps one value: adding to one that is there makes a comma-separated list (envoy/http/
 * header_map.h). These are the ones that stock Envoy 1.40.0 joined when each was added twice.
 */
const JOINED = {
  request: new Set([
    ...[":authority", ":method", ":path", ":protocol", ":scheme", "accept", "accept-encoding"],
    ...["access-control-request-headers", "access-control-request-method", "authorization", "cache-control"],
    ...["connection", "content-encoding", "content-length", "content-type", "expect", "grpc-accept-encoding"],
    ...["grpc-timeout", "if-match", "keep-alive", "origin", "pragma", "proxy-connection", "referer", "te"],
    ...["transfer-encoding", "upgrade", "user-agent", "via", "x-client-trace-id", "x-envoy-attempt-count"],
    ...["x-envoy-decorator-operation", "x-envoy-downstream-service-cluster", "x-envoy-external-address"],
    ...["x-envoy-force-trace", "x-envoy-internal", "x-envoy-ip-tags", "x-envoy-max-retries"],
    ...[
      "x-envoy-original-path",
      "x-envoy-retry-on",
      "x-envoy-upstream-rq-timeout-ms",
      "x-forwarded-client-cert",
    ],
    ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-request-id"],
  ]),
  response: new Set([
    ...[
      ":status",
      "access-control-allow-credentials",
      "access-control-allow-headers",
      "age",
      "cache-control",
    ],
    ...["access-control-allow-methods", "access-control-allow-origin", "access-control-expose-headers"],
    ...["access-control-max-age", "connection", "content-encoding", "content-length", "content-type", "date"],
    ...["etag", "expires", "grpc-message", "grpc-status", "keep-alive", "last-modified", "location"],
    ...["proxy-connection", "proxy-status", "server", "transfer-encoding", "upgrade", "vary", "via"],
    ...["x-envoy-attempt-count", "x-envoy-decorator-operation", "x-envoy-degraded", "x-envoy-ratelimited"],
    ...["x-envoy-immediate-health-check-fail", "x-envoy-upstream-canary", "x-request-id"],
    ...["x-envoy-upstream-healthchecked-cluster", "x-envoy-upstream-service-time"],
  ]),
  trailers: new Set(["grpc-message", "grpc-status"]),
} as const satisfies Record<string, ReadonlySet<string>>;

/** A header map as Envoy has it: names in lower case, pseudo headers first, values as octets (latin1 text). */
export class HeaderMap implements Iterable<HeaderPair> {
  #names: string[] = [];
  #values: string[] = [];

  constructor(readonly kind: "request" | "response" | "trailers" = "trailers") {}

  static from(init: HeaderInit | undefined, kind: HeaderMap["kind"] = "trailers"): HeaderMap {
    const map = new HeaderMap(kind);
    if (init === undefined) return map;
    if (init instanceof HeaderMap || Symbol.iterator in init) {
      for (const [name, value] of init as Iterable<readonly [Octets, Octets]>) map.#append(name, value);
      return map;
    }
    for (const name in init) {
      const value = init[name]!;
      if (typeof value === "string" || value instanceof Uint8Array) map.#append(name, value);
      else for (const one of value) map.#append(name, one);
    }
    return map;
  }

  /** Number of pairs. */
  get size(): number {
    return this.#names.length;
  }

  /** Bytes of all names and values. */
  get byteSize(): number {
    let size = 0;
    for (let i = 0; i < this.#names.length; i++) size += this.#names[i]!.length + this.#values[i]!.length;
    return size;
  }

  /** The first value of a header, one character per octet; undefined when there is none. */
  get(name: string): string | undefined {
    const at = this.#names.indexOf(this.#key(name));
    return at < 0 ? undefined : this.#values[at];
  }

  getAll(name: string): string[] {
    const lower = this.#key(name);
    return this.#values.filter((_, i) => this.#names[i] === lower);
  }

  /** The first value's octets. */
  bytes(name: string): Uint8Array | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : fromLatin1(value);
  }

  has(name: string): boolean {
    return this.#names.includes(this.#key(name));
  }

  add(name: string, value: Octets): void {
    const lower = this.#key(name);
    const text = fieldText(value);
    const at = this.#isJoined(lower) ? this.#names.indexOf(lower) : -1;
    if (at < 0) this.#insert(lower, text);
    else this.#values[at] = this.#values[at]! === "" ? text : `${this.#values[at]!},${text}`;
  }

  /** As `set`, but where the header is it stays. */
  setInPlace(name: string, value: Octets): void {
    const at = this.#names.indexOf(this.#key(name));
    if (at < 0) this.add(name, value);
    else this.#values[at] = fieldText(value);
  }

  /** For the host: puts all pairs of another map behind. */
  append(other: HeaderMap): void {
    this.#names.push(...other.#names);
    this.#values.push(...other.#values);
  }

  /** Sets a header to one value, whatever it had; it is then the last one. */
  set(name: string, value: Octets): void {
    const lower = this.#key(name);
    this.remove(lower);
    this.#insert(lower, fieldText(value));
  }

  remove(name: string): void {
    const lower = this.#key(name);
    if (!this.#names.includes(lower)) return;
    this.#values = this.#values.filter((_, i) => this.#names[i] !== lower);
    this.#names = this.#names.filter((other) => other !== lower);
  }

  clear(): void {
    this.#names = [];
    this.#values = [];
  }

  clone(): HeaderMap {
    const map = new HeaderMap(this.kind);
    map.#names = this.#names.slice();
    map.#values = this.#values.slice();
    return map;
  }

  /** All pairs in order, repeated names included. */
  pairs(): HeaderPair[] {
    return this.#names.map((name, i) => [name, this.#values[i]!]);
  }

  [Symbol.iterator](): Iterator<HeaderPair> {
    return this.pairs()[Symbol.iterator]();
  }

  #append(name: Octets, value: Octets): void {
    this.#insert(this.#key(fieldText(name)), fieldText(value));
  }

  /** Envoy takes `host` for another name of `:authority`. */
  #key(name: string): string {
    const lower = name.toLowerCase();
    return lower === "host" && this.kind === "request" ? ":authority" : lower;
  }

  #insert(name: string, value: string): void {
    if (!name.startsWith(":")) {
      this.#names.push(name);
      this.#values.push(value);
      return;
    }
    const at = this.#names.findIndex((other) => !other.startsWith(":"));
    const place = at < 0 ? this.#names.length : at;
    this.#names.splice(place, 0, name);
    this.#values.splice(place, 0, value);
  }

  #isJoined(name: string): boolean {
    return (JOINED[this.kind] as ReadonlySet<string>).has(name);
  }
}
