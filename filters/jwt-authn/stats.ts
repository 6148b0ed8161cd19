// SPDX-License-Identifier: Apache-2.0
import { Bytes, Counter } from "tremula/assembly";
import { JwtStatus } from "./status";

/** The counters of the native filter, and what it does not count; `wasmcustom.jwt_authn.[<stat_prefix>.]<name>`. */
@final
export class Stats {
  readonly allowed: Counter;
  readonly denied: Counter;
  readonly corsPreflightBypassed: Counter;
  readonly jwksFetchSuccess: Counter;
  readonly jwksFetchFailed: Counter;
  readonly jwtCacheHit: Counter;
  readonly jwtCacheMiss: Counter;
  /** Tokens that had to go from the cache to make room. */
  readonly jwtCacheEvicted: Counter;
  /** Claims that no header can hold, because of control characters in them. */
  readonly claimsDropped: Counter;
  /** Denials by reason; each counter is made when it is first needed. */
  private readonly reasons: Map<i32, Counter> = new Map();

  constructor(private readonly prefix: string) {
    this.allowed = new Counter(prefix + "allowed");
    this.denied = new Counter(prefix + "denied");
    this.corsPreflightBypassed = new Counter(prefix + "cors_preflight_bypassed");
    this.jwksFetchSuccess = new Counter(prefix + "jwks_fetch_success");
    this.jwksFetchFailed = new Counter(prefix + "jwks_fetch_failed");
    this.jwtCacheHit = new Counter(prefix + "jwt_cache_hit");
    this.jwtCacheMiss = new Counter(prefix + "jwt_cache_miss");
    this.jwtCacheEvicted = new Counter(prefix + "jwt_cache_evicted");
    this.claimsDropped = new Counter(prefix + "claims_dropped");
  }

  static of(statPrefix: Bytes): Stats {
    const prefix = statPrefix.isEmpty ? "" : statPrefix.toString() + ".";
    return new Stats("jwt_authn." + prefix);
  }

  /** Counts a denial, and why. */
  countDenied(status: JwtStatus): void {
    this.denied.increment();
    if (!this.reasons.has(status))
      this.reasons.set(status, new Counter(this.prefix + "denied_by." + reasonOf(status)));
    this.reasons.get(status).increment();
  }
}

/** A status in the words of a counter. */
function reasonOf(status: JwtStatus): string {
  switch (status) {
    case JwtStatus.Missed:
      return "missing";
    case JwtStatus.NotYetValid:
      return "not_yet_valid";
    case JwtStatus.Expired:
      return "expired";
    case JwtStatus.UnknownIssuer:
      return "issuer";
    case JwtStatus.AudienceNotAllowed:
      return "audience";
    case JwtStatus.VerificationFail:
    case JwtStatus.Ed25519WrongLength:
      return "verification";
    case JwtStatus.MultipleTokens:
      return "multiple_tokens";
    case JwtStatus.KidAlgMismatch:
      return "no_key";
    case JwtStatus.NoValidKeys:
    case JwtStatus.FetchFail:
      return "jwks";
    default:
      return "malformed";
  }
}
