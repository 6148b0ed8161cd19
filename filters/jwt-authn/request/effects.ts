// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { JwtStatus } from "../status";
import { Candidate } from "./candidate";
import { SiteList } from "./site";

/** One step of a decision: a token that is good for a provider, or what a requirement that looked later took away. */
@final
class Step {
  constructor(
    readonly candidate: Candidate | null,
    readonly provider: i32,
    readonly sanitized: SiteList | null,
  ) {}
}

/** What is to be done to a request that passes; noted while it is decided, done once it is. */
@final
export class Effects {
  private readonly steps: Array<Step> = [];
  /** Providers whose tokens were not good, each followed by why; null while there are none. */
  private failures: Array<i32> | null = null;
  /** A header that says that tokens were not good, and its value. */
  statusHeader: Bytes | null = null;
  statusValue: Bytes = Bytes.EMPTY;

  /** @param asNative whether `sanitize` has an effect, and repeated tokens have theirs again */
  constructor(private readonly asNative: bool) {}

  accept(candidate: Candidate, provider: i32): void {
    this.steps.push(new Step(candidate, provider, null));
  }

  /** A token of a provider was not good, whatever comes of the request in the end. */
  fail(provider: i32, status: JwtStatus): void {
    let failures = this.failures;
    if (failures === null) {
      failures = [];
      this.failures = failures;
    }
    failures.push(provider);
    failures.push(status);
  }

  /** How many failures there were; of each `failedProvider` and `failedStatus`, in order. */
  get failed(): i32 {
    const failures = this.failures;
    return failures !== null ? failures.length >> 1 : 0;
  }

  failedProvider(failure: i32): i32 {
    const failures = this.failures;
    return failures !== null ? failures[failure << 1] : -1;
  }

  failedStatus(failure: i32): JwtStatus {
    const failures = this.failures;
    return failures !== null ? failures[(failure << 1) + 1] : JwtStatus.Ok;
  }

  /**
   * A requirement begins to look at these providers' tokens. Natively that removes the headers that they write, also those
   * that a requirement before it has just written.
   */
  sanitize(sites: SiteList): void {
    if (this.asNative && this.steps.length > 0) this.steps.push(new Step(null, -1, sites));
  }

  setHeader<V>(name: Bytes, value: V): void {
    this.statusHeader = name;
    this.statusValue = Bytes.kept<V>(value);
  }

  get length(): i32 {
    return this.steps.length;
  }

  /** The token that is good by a step, or null when it is another kind of step. */
  candidate(step: i32): Candidate | null {
    return this.steps[step].candidate;
  }

  provider(step: i32): i32 {
    return this.steps[step].provider;
  }

  /**
   * Whether a step is about a token that has been good for the same provider before, in another place: natively headers are
   * then written twice.
   */
  repeats(step: i32): bool {
    if (this.asNative) return false;
    const candidate = this.steps[step].candidate;
    if (candidate === null) return false;
    for (let i = 0; i < step; i++) {
      const before = unchecked(this.steps[i]);
      const known = before.candidate;
      if (known === null || before.provider != this.steps[step].provider) continue;
      if (known.text.equals(candidate.text)) return true;
    }
    return false;
  }

  /** Whether a header that is written at a step is still there in the end. */
  survives(header: Bytes, step: i32): bool {
    for (let i = step + 1; i < this.steps.length; i++) {
      const sanitized = unchecked(this.steps[i]).sanitized;
      if (sanitized === null) continue;
      const written = sanitized.written;
      for (let j = 0; j < written.length; j++) if (unchecked(written[j]).equals(header)) return false;
    }
    return true;
  }
}
