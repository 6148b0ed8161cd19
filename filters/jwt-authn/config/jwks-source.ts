// SPDX-License-Identifier: Apache-2.0
import { Bytes, Environment, JsonObject } from "tremula/assembly";
import { readMilliseconds, readMillisecondsOr } from "./duration";
import { KeySet } from "../keys/key-set";
import { Mode, Verifier } from "./mode";
import { Uri } from "./uri";

/** A document of 256 KiB has some 500 RSA keys, or 50 with their chains of certificates. */
const DEFAULT_MAX_BYTES: u32 = 262_144;
/** The reader needs about ten times the document for a moment. */
const LARGEST_MAX_BYTES: u32 = 4_194_304;

const DEFAULT_CACHE_DURATION: u64 = 600_000;
/** The native filter refuses more: twice as much does not fit into 64 bits as nanoseconds. */
const LONGEST_CACHE_DURATION: u64 = 4_611_686_018_000;
const DEFAULT_FAILED_REFETCH: u64 = 1_000;
/** Without a floor the native filter, told `0s`, fetches as fast as the server fails: 20,000 times a second on 1.40.0. */
const SHORTEST_FAILED_REFETCH: u64 = 100;
const DEFAULT_BACKOFF: u64 = 1_000;
/** HttpUri.timeout must be below 2^32 seconds. */
const LONGEST_TIMEOUT: u64 = 4_294_967_295_999;

/**
 * A peer can send tokens with key ids that nobody has as often as it likes, and each would be a fetch. With 30 seconds
 * between them an identity provider gets two requests a minute from an Envoy, and a new key that is already in use
 * when it is published is known half a minute later at the worst.
 */
const DEFAULT_REFETCH_INTERVAL: u64 = 30_000;

/** Fields of a DataSource. */
const SOURCES: StaticArray<string> = ["inline_string", "inline_bytes", "environment_variable", "filename"];

/** Keys that stand in the configuration. */
@final
export class LocalJwks {
  private constructor(
    readonly document: Bytes,
    readonly keys: KeySet,
  ) {}

  /** Reads a DataSource. As natively, one without any key that can be used is an error. */
  static read(object: JsonObject, mode: Mode, verifier: Verifier): LocalJwks {
    const which = object.oneOf(SOURCES);
    let document = Bytes.EMPTY;
    if (which == 0) document = object.string("inline_string");
    else if (which == 1) document = object.bytes("inline_bytes");
    else if (which == 2) document = readVariable(object);
    else if (which == 3) object.refuse("filename", "a Wasm filter cannot read files; use inline_string");
    if (object.has("watched_directory"))
      object.refuse("watched_directory", "a Wasm filter cannot read files");
    const keys = KeySet.parse(document, mode, verifier);
    // No octets at all are "no keys yet" to the native filter: it starts, and refuses every token.
    const isRefused = keys.problem.length > 0 && !(mode == Mode.Envoy && document.isEmpty);
    if (which >= 0 && isRefused) object.refuse(SOURCES[which], "has no keys: " + keys.problem);
    return new LocalJwks(document, keys);
  }
}

function readVariable(object: JsonObject): Bytes {
  const name = object.string("environment_variable");
  const value = Environment.get(name);
  if (value !== null && !name.isEmpty) return value;
  object.refuse(
    "environment_variable",
    name.isEmpty
      ? "must not be empty"
      : "is not set; vm_config.environment_variables says which variables a Wasm filter sees",
  );
  return Bytes.EMPTY;
}

/** Keys that an HTTP server has. Durations are in milliseconds. */
@final
export class RemoteJwks {
  /** Name of the cluster. */
  readonly cluster: Bytes;
  /** For `:authority` and `:path` of requests. */
  readonly authority: Bytes;
  readonly path: Bytes;
  /** Of a fetch, with all its retries. */
  readonly timeout: u64;
  /** How long keys are used before they are fetched again. */
  readonly cacheDuration: u64;
  /** Whether keys are fetched before a token needs them. */
  readonly asyncFetch: bool;
  /** Whether requests need not wait for that first fetch. Without meaning to a Wasm filter, which cannot hold listeners. */
  readonly fastListener: bool;
  /** Time between fetches ahead of need while they fail. */
  readonly failedRefetch: u64;
  /** How often a fetch is tried again when it gets a status from 500 up, or no answer. */
  readonly retries: u32;
  /** A retry waits for a random time, at most this long for the first, twice as long for the second, and so on. */
  readonly backoffBase: u64;
  readonly backoffMax: u64;
  /**
   * Least time between two fetches for tokens whose key id is not known; 0 when there are none, as in the native filter.
   * Field `unknown_kid_refetch_interval`, 30 seconds by default in `Mode.Strict`, and 0 in `Mode.Envoy`.
   */
  readonly refetchInterval: u64;
  /** Octets of the largest document that is read; field `max_jwks_bytes`. */
  readonly maxBytes: u32;

  constructor(object: JsonObject, mode: Mode) {
    const target = object.object("http_uri");
    const text = target.string("uri");
    const uri = Uri.parse(text);
    if (uri === null) target.refuse("uri", text.isEmpty ? "must not be empty" : "is no absolute URI");
    this.authority = uri !== null ? uri.authority : Bytes.EMPTY;
    this.path = uri !== null ? uri.path : Bytes.EMPTY;
    const cluster = target.string("cluster");
    this.cluster = cluster;
    if (cluster.isEmpty) target.refuse("cluster", "must not be empty");
    this.timeout = readMilliseconds(target, "timeout", 0, LONGEST_TIMEOUT);

    this.cacheDuration = readMillisecondsOr(
      object,
      "cache_duration",
      DEFAULT_CACHE_DURATION,
      1,
      LONGEST_CACHE_DURATION,
    );
    const ahead = object.objectOrNull("async_fetch");
    const shortest: u64 = mode == Mode.Strict ? SHORTEST_FAILED_REFETCH : 0;
    this.asyncFetch = ahead !== null;
    this.fastListener = ahead !== null && ahead.boolOr("fast_listener", false);
    this.failedRefetch =
      ahead !== null
        ? readMillisecondsOr(ahead, "failed_refetch_duration", DEFAULT_FAILED_REFETCH, shortest)
        : DEFAULT_FAILED_REFETCH;

    const retry = object.objectOrNull("retry_policy");
    let base = DEFAULT_BACKOFF;
    let most: u64 = 0;
    if (retry !== null) {
      const backoff = retry.objectOrNull("retry_back_off");
      if (backoff !== null) {
        base = readMilliseconds(backoff, "base_interval", 1, u64.MAX_VALUE / 20);
        most = readMillisecondsOr(backoff, "max_interval", 0, 1);
        if (most > 0 && most < base) backoff.refuse("max_interval", "must not be less than base_interval");
      }
      // The native filter retries after any 5xx and lost connection, whatever is listed here (measured on 1.40.0).
      retry.ignore("retry_on");
      retry.ignore("host_selection_retry_max_attempts");
      if (retry.has("retry_priority")) retry.refuse("retry_priority", "a Wasm filter cannot choose hosts");
      if (retry.has("retry_host_predicate")) {
        retry.refuse("retry_host_predicate", "a Wasm filter cannot choose hosts");
      }
    }
    this.retries = retry !== null ? retry.u32Or("num_retries", 1) : 0;
    this.backoffBase = base;
    this.backoffMax = most > 0 ? most : base * 10;

    const interval: u64 = mode == Mode.Strict ? DEFAULT_REFETCH_INTERVAL : 0;
    this.refetchInterval = readMillisecondsOr(object, "unknown_kid_refetch_interval", interval);
    this.maxBytes = object.u32Or("max_jwks_bytes", DEFAULT_MAX_BYTES, 1, LARGEST_MAX_BYTES);
  }
}
