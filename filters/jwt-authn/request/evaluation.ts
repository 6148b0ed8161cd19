// SPDX-License-Identifier: Apache-2.0
import { Mode } from "../config/mode";
import { Requirement, RequirementKind } from "../config/requirement";
import { JwtStatus } from "../status";
import { Candidate } from "./candidate";
import { Extraction } from "./extraction";
import { Effects } from "./effects";
import { Issuers } from "./issuers";
import { Site } from "./site";
import { Verification } from "./verification";

/**
 * Decides one request by one requirement. It is a pure function of the tokens, the keys and the clock: when keys have to
 * be fetched first it answers `Pending`, and is asked again, from the start, when they are there; nothing is done to the
 * request before all is decided. Alternatives are looked at in the order of the configuration, and only as far as needed,
 * as the native filter does (source/extensions/filters/http/jwt_authn/verifier.cc and authenticator.cc).
 */
@final
export class Evaluation {
  constructor(
    private readonly issuers: Issuers,
    private readonly extraction: Extraction,
    private readonly verification: Verification,
    readonly effects: Effects,
    private readonly mode: Mode,
  ) {}

  run(requirement: Requirement): JwtStatus {
    switch (requirement.kind) {
      case RequirementKind.ProviderName:
      case RequirementKind.ProviderAndAudiences:
        return this.checkProvider(requirement);
      case RequirementKind.Any:
        return this.checkAny(requirement);
      case RequirementKind.All:
        return this.checkAll(requirement);
      case RequirementKind.AllowMissing:
        return this.checkOptional();
      case RequirementKind.AllowMissingOrFailed:
        return this.checkOptional() == JwtStatus.Pending ? JwtStatus.Pending : JwtStatus.Ok;
      case RequirementKind.ExtractOnly:
        return this.extractOnly(requirement);
      default:
        return JwtStatus.Ok;
    }
  }

  /** Every token in the provider's places must be good, or the upstream might look at the other one. */
  private checkProvider(requirement: Requirement): JwtStatus {
    const sites = this.issuers.siteListOf(requirement.provider);
    this.effects.sanitize(sites);
    this.extraction.begin();
    if (this.mode == Mode.Strict && this.hasDifferentTokens(sites.sites)) {
      this.note(requirement.provider, JwtStatus.MultipleTokens);
      return JwtStatus.MultipleTokens;
    }
    let missing = true;
    for (let i = sites.sites.length - 1; i >= 0; i--) {
      const site = unchecked(sites.sites[i]);
      const candidates = this.extraction.at(site);
      for (let j = candidates.length - 1; j >= 0; j--) {
        missing = false;
        const candidate = unchecked(candidates[j]);
        const status = this.verification.verify(candidate, requirement.provider, requirement.audiences);
        if (status == JwtStatus.Pending) return status;
        if (status != JwtStatus.Ok) {
          this.note(requirement.provider, status);
          return status;
        }
        this.accept(candidate, requirement.provider);
      }
    }
    if (!missing) return JwtStatus.Ok;
    this.note(-1, JwtStatus.Missed);
    return JwtStatus.Missed;
  }

  /**
   * Looks at all tokens, whoever their issuer. Natively the last one looked at decides alone, so that a bad token passes
   * beside a good one; strict mode lets none pass.
   */
  private checkOptional(): JwtStatus {
    const sites = this.issuers.everybody;
    this.effects.sanitize(sites);
    this.extraction.begin();
    let result = JwtStatus.Ok;
    let missing = true;
    for (let i = sites.sites.length - 1; i >= 0; i--) {
      const candidates = this.extraction.at(unchecked(sites.sites[i]));
      for (let j = candidates.length - 1; j >= 0; j--) {
        missing = false;
        const candidate = unchecked(candidates[j]);
        const status = this.verifyByIssuer(candidate);
        if (status == JwtStatus.Pending) return status;
        if (this.mode == Mode.Envoy || result == JwtStatus.Ok) result = status;
      }
    }
    if (missing) this.note(-1, JwtStatus.Missed);
    return result;
  }

  private verifyByIssuer(candidate: Candidate): JwtStatus {
    const token = this.verification.tokenOf(candidate);
    let provider = -1;
    let status = token.status;
    if (status == JwtStatus.Ok) {
      if (candidate.site.allows(token.issuer)) provider = this.issuers.providerOf(token.issuer);
      status = provider >= 0 ? this.verification.verify(candidate, provider, null) : JwtStatus.UnknownIssuer;
    }
    if (status == JwtStatus.Ok) this.accept(candidate, provider);
    else if (status != JwtStatus.Pending) this.note(provider, status);
    return status;
  }

  private extractOnly(requirement: Requirement): JwtStatus {
    const status = this.checkOptional();
    if (status == JwtStatus.Pending) return status;
    if (status != JwtStatus.Ok) this.effects.setHeader(requirement.statusHeader, "false");
    return JwtStatus.Ok;
  }

  /**
   * The first alternative that is met; otherwise what is most worth knowing: any failure before an unknown issuer, that
   * before no token at all, and of equals the last. `allow_missing` beside others is no alternative but an answer to what
   * they come to: no token, for all of them. So is `allow_missing_or_failed`, to any failure (verifier.cc, AnyVerifierImpl).
   */
  private checkAny(requirement: Requirement): JwtStatus {
    const children = requirement.children;
    let bypass: Requirement | null = null;
    let others = 0;
    let result = JwtStatus.Missed;
    for (let i = 0; i < children.length; i++) {
      const child = unchecked(children[i]);
      const kind = child.kind;
      if (kind == RequirementKind.AllowMissing || kind == RequirementKind.AllowMissingOrFailed) {
        if (bypass === null || bypass.kind == RequirementKind.AllowMissing) bypass = child;
        continue;
      }
      others++;
      const status = this.run(child);
      if (status == JwtStatus.Ok || status == JwtStatus.Pending) return status;
      result = worse(result, status);
    }
    if (bypass === null) return result;
    if (others == 0) return this.run(bypass);
    const allowed = result == JwtStatus.Missed || bypass.kind == RequirementKind.AllowMissingOrFailed;
    return allowed ? JwtStatus.Ok : result;
  }

  private checkAll(requirement: Requirement): JwtStatus {
    const children = requirement.children;
    for (let i = 0; i < children.length; i++) {
      const status = this.run(unchecked(children[i]));
      if (status != JwtStatus.Ok) return status;
    }
    return JwtStatus.Ok;
  }

  /**
   * Notes a failure for `failed_status_in_metadata` of its provider. What is nobody's, no token above all, is the only
   * provider's when there is one only (authenticator.cc, doneWithStatus; measured on 1.40.0).
   */
  private note(provider: i32, status: JwtStatus): void {
    if (provider < 0 && this.issuers.providers.length == 1) provider = 0;
    if (provider >= 0) this.effects.fail(provider, status);
  }

  private accept(candidate: Candidate, provider: i32): void {
    this.effects.accept(candidate, provider);
    if (!this.issuers.providers[provider].forward) this.extraction.remove(candidate.site);
  }

  private hasDifferentTokens(sites: Array<Site>): bool {
    let first: Candidate | null = null;
    for (let i = 0; i < sites.length; i++) {
      const candidates = this.extraction.at(unchecked(sites[i]));
      for (let j = 0; j < candidates.length; j++) {
        const candidate = unchecked(candidates[j]);
        if (first === null) first = candidate;
        else if (!first.text.equals(candidate.text)) return true;
      }
    }
    return false;
  }
}

function worse(before: JwtStatus, now: JwtStatus): JwtStatus {
  return rank(now) >= rank(before) ? now : before;
}

function rank(status: JwtStatus): i32 {
  if (status == JwtStatus.Missed) return 0;
  return status == JwtStatus.UnknownIssuer ? 1 : 2;
}
