// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Mode } from "../config/mode";
import { Provider } from "../config/provider";
import { KeySource } from "../fetch/key-source";
import { JwtStatus } from "../status";
import { Token } from "../token/token";
import { TokenCache } from "../token/token-cache";
import { Candidate } from "./candidate";

/** Verifies tokens for a plugin: its keys, its cache, and the time of the request that is being decided. */
@final
export class Verification {
  /** Milliseconds since 1970. */
  private now: u64 = 0;
  /** The number of the request that is being decided. */
  private began: u64 = 0;

  constructor(
    private readonly sources: Array<KeySource>,
    private readonly cache: TokenCache,
    private readonly mode: Mode,
  ) {}

  /** Before each decision. */
  begin(now: u64, began: u64): void {
    this.now = now;
    this.began = began;
  }

  /**
   * What a token is worth to a provider. Strict mode reveals nothing that the configuration holds, such as which audiences
   * there are, before the signature is known to be good; native looks at the signature last.
   *
   * @param audiences in place of the provider's; null for those
   */
  verify(candidate: Candidate, provider: i32, audiences: Array<Bytes> | null): JwtStatus {
    const token = this.tokenOf(candidate);
    if (token.status != JwtStatus.Ok) return token.status;
    const config = this.sources[provider].provider;
    if (!config.issuer.isEmpty && !config.issuer.equals(token.issuer)) return JwtStatus.UnknownIssuer;
    if (this.mode == Mode.Strict) {
      let status = this.checkTime(token, config);
      if (status == JwtStatus.Ok) status = this.checkSignature(candidate, token, provider);
      if (status == JwtStatus.Ok) status = this.checkSubject(token, config);
      if (status == JwtStatus.Ok)
        status = checkAudience(token, audiences !== null ? audiences : config.audiences);
      return status;
    }
    let status = this.checkTime(token, config);
    if (status == JwtStatus.Ok)
      status = checkAudience(token, audiences !== null ? audiences : config.audiences);
    if (status == JwtStatus.Ok) status = this.checkSubject(token, config);
    if (status == JwtStatus.Ok) status = this.checkSignature(candidate, token, provider);
    return status;
  }

  /** The token taken apart: now, or when it was last seen. */
  tokenOf(candidate: Candidate): Token {
    if (!candidate.isParsed) {
      const known = this.cache.find(candidate.text);
      if (known !== null) candidate.use(known.token, known.provider, known.generation);
    }
    return candidate.token(this.mode);
  }

  private checkSubject(token: Token, provider: Provider): JwtStatus {
    const subjects = provider.subjects;
    if (subjects !== null && !subjects.matches(token.subject)) return JwtStatus.VerificationFail;
    if (provider.requireExpiration && token.expires == 0) return JwtStatus.VerificationFail;
    if (provider.maxLifetime < 0) return JwtStatus.Ok;
    const longest = <u64>provider.maxLifetime;
    // What expires in so long, not what lives so long: native does not look at `iat`.
    if (token.expires == 0 || isLater(token.expires, this.seconds, longest))
      return JwtStatus.VerificationFail;
    if (this.mode == Mode.Strict && token.issuedAt > 0 && isLater(token.expires, token.issuedAt, longest)) {
      return JwtStatus.VerificationFail;
    }
    return JwtStatus.Ok;
  }

  private checkTime(token: Token, provider: Provider): JwtStatus {
    const skew = <u64>provider.clockSkew;
    if (isLater(token.notBefore, this.seconds, skew)) return JwtStatus.NotYetValid;
    const expires = this.mode == Mode.Strict ? token.hasExpires : token.expires > 0;
    return expires && isLater(this.seconds, token.expires, skew) ? JwtStatus.Expired : JwtStatus.Ok;
  }

  private checkSignature(candidate: Candidate, token: Token, provider: i32): JwtStatus {
    const source = this.sources[provider];
    const usable = source.usable(this.now, this.began);
    if (usable != JwtStatus.Ok) return usable;
    let status = this.signatureStatus(candidate, token, source);
    if (status != JwtStatus.KidAlgMismatch) return status;
    const refetched = source.refetch(this.now);
    if (refetched == JwtStatus.Ok) status = this.signatureStatus(candidate, token, source);
    return refetched == JwtStatus.Pending ? JwtStatus.Pending : status;
  }

  private signatureStatus(candidate: Candidate, token: Token, source: KeySource): JwtStatus {
    const generation = source.generation;
    const provider = source.provider.index;
    let status = candidate.signatureStatus(provider, generation);
    if (status != JwtStatus.Pending) return status;
    status = source.verify(token);
    candidate.setSignatureStatus(provider, generation, status);
    if (status == JwtStatus.Ok) this.cache.add(token, provider, generation);
    return status;
  }

  private get seconds(): u64 {
    return this.now / 1000;
  }
}

function checkAudience(token: Token, wanted: Array<Bytes>): JwtStatus {
  if (wanted.length == 0) return JwtStatus.Ok;
  const audiences = token.audiences;
  for (let i = 0; i < audiences.length; i++) {
    for (let j = 0; j < wanted.length; j++) {
      if (unchecked(wanted[j]).equals(unchecked(audiences[i]))) return JwtStatus.Ok;
    }
  }
  return JwtStatus.AudienceNotAllowed;
}

/** Whether `a` is more than `by` after `b`; no sum that could overflow. */
function isLater(a: u64, b: u64, by: u64): bool {
  return a > b && a - b > by;
}
