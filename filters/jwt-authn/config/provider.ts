// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonArray, JsonMap, JsonObject, StringMatcher } from "tremula/assembly";
import { readAudiences } from "./audience";
import { JwtCacheConfig } from "./cache";
import { ClaimToHeader } from "./claim-to-header";
import { ClaimToState } from "./claim-to-state";
import { readMilliseconds } from "./duration";
import { readWrittenHeaderName } from "./header-name";
import { LocalJwks, RemoteJwks } from "./jwks-source";
import { Location } from "./location";
import { Mode, Verifier } from "./mode";

const DEFAULT_CLOCK_SKEW: u32 = 60;
/** As of a google.protobuf.Duration whose nanoseconds fit into 64 bits, which is what the native filter takes. */
const LONGEST_LIFETIME: u64 = 9_223_372_035_999;

/** Whose tokens are accepted, by which keys they are verified, where they are found and what goes to the upstream. */
@final
export class Provider {
  /** Of `iss`; empty when any will do. */
  readonly issuer: Bytes;
  /** Of which a token needs one, each as `normaliseAudience` makes it; none when any will do. */
  readonly audiences: Bytes[];
  readonly subjects: StringMatcher | null;
  /** Whether tokens need `exp`. */
  readonly requireExpiration: bool;
  /** Seconds from now that `exp` may be away at most, or -1. */
  readonly maxLifetime: i64;
  /** Seconds by which clocks may differ. */
  readonly clockSkew: i64;

  /** Exactly one of the two. */
  readonly localJwks: LocalJwks | null;
  readonly remoteJwks: RemoteJwks | null;

  /** At least one. */
  readonly locations: Location[];
  /** Whether a token stays in the request. */
  readonly forward: bool;
  /** Request header for the payload as base64url, in lower case, or null. */
  readonly payloadHeader: Bytes | null;
  /** Whether that has padding. */
  readonly padPayload: bool;
  readonly claims: ClaimToHeader[];
  /** Field `claim_to_filter_state`. */
  readonly claimStates: ClaimToState[];
  readonly clearRouteCache: bool;

  /** Keys of dynamic metadata, which is filter state here; empty when there is none. */
  readonly payloadKey: Bytes;
  readonly headerKey: Bytes;
  readonly failedKey: Bytes;
  /** Claims of `payloadKey` that become lists of what is between their spaces. */
  readonly spaceDelimited: Bytes[];

  readonly cache: JwtCacheConfig | null;

  constructor(
    /** Among the providers of a configuration. */
    readonly index: i32,
    readonly name: Bytes,
    object: JsonObject,
    mode: Mode,
    verifier: Verifier,
  ) {
    this.issuer = object.stringOr("issuer", Bytes.EMPTY);
    this.audiences = readAudiences(object.arrayOrEmpty("audiences"));
    const subjects = object.objectOrNull("subjects");
    this.subjects = subjects !== null ? StringMatcher.read(subjects) : null;
    this.requireExpiration = object.boolOr("require_expiration", false);
    this.maxLifetime = object.has("max_lifetime")
      ? <i64>(readMilliseconds(object, "max_lifetime", 0, LONGEST_LIFETIME) / 1000)
      : -1;
    const skew = object.u32Or("clock_skew_seconds", 0);
    this.clockSkew = skew > 0 ? <i64>skew : DEFAULT_CLOCK_SKEW;

    object.oneOf(["remote_jwks", "local_jwks"]);
    const local = object.objectOrNull("local_jwks");
    const remote = object.objectOrNull("remote_jwks");
    this.localJwks = local !== null ? LocalJwks.read(local, mode, verifier) : null;
    this.remoteJwks = remote !== null ? new RemoteJwks(remote, mode) : null;

    this.locations = Location.readAll(object, mode);
    this.forward = object.boolOr("forward", false);
    const payloadHeader = readWrittenHeaderName(object, "forward_payload_header", mode);
    this.payloadHeader = payloadHeader.isEmpty ? null : payloadHeader;
    this.padPayload = object.boolOr("pad_forward_payload_header", false);
    this.claims = ClaimToHeader.readAll(object.arrayOrEmpty("claim_to_headers"), mode);
    this.claimStates = ClaimToState.readAll(object.arrayOrEmpty("claim_to_filter_state"));
    this.clearRouteCache = object.boolOr("clear_route_cache", false);

    this.payloadKey = object.stringOr("payload_in_metadata", Bytes.EMPTY);
    this.headerKey = object.stringOr("header_in_metadata", Bytes.EMPTY);
    this.failedKey = object.stringOr("failed_status_in_metadata", Bytes.EMPTY);
    const normalise = object.objectOrNull("normalize_payload_in_metadata");
    this.spaceDelimited =
      normalise !== null ? readStrings(normalise.arrayOrEmpty("space_delimited_claims")) : new Array<Bytes>();

    const cache = object.objectOrNull("jwt_cache_config");
    this.cache = cache !== null ? new JwtCacheConfig(cache) : null;
  }

  static readAll(map: JsonMap, mode: Mode, verifier: Verifier): Provider[] {
    const providers = new Array<Provider>();
    for (let i = 0; i < map.length; i++)
      providers.push(new Provider(i, map.key(i), map.object(i), mode, verifier));
    return providers;
  }
}

function readStrings(list: JsonArray): Bytes[] {
  const strings = new Array<Bytes>();
  for (let i = 0; i < list.length; i++) strings.push(list.string(i));
  return strings;
}
