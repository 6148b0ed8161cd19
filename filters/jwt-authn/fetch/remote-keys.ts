// SPDX-License-Identifier: Apache-2.0
import { Bytes, HttpCall, HttpCallResponse, logWarn, randomBelow, Status } from "tremula/assembly";
import { RemoteJwks } from "../config/jwks-source";
import { Mode, Verifier } from "../config/mode";
import { Provider } from "../config/provider";
import { KeySet } from "../keys/key-set";
import { JwtStatus } from "../status";
import { FetchListener } from "./fetch-listener";
import { KeySource } from "./key-source";
import { SharedKeys } from "./shared-keys";

/** How often a worker looks whether another one has fetched what it waits for. */
const POLL_MS: u64 = 20;
/** What a fetch may take beyond its timeout before another worker takes it over. */
const LEASE_MARGIN_MS: u64 = 500;
/** How long keys are used beyond their time while no others can be had. */
const LONGEST_STALE_MS: u64 = 24 * 3600 * 1000;
/** Before keys expire that are fetched ahead of need, as in the native filter (jwks_async_fetcher.cc). */
const AHEAD_MS: u64 = 5000;
const NEVER: u64 = u64.MAX_VALUE;

enum Doing {
  Nothing,
  /** This worker's call is under way. */
  Fetching,
  /** It has failed and will be tried again. */
  BackingOff,
  /** Another worker's is. */
  Waiting,
}

/** A fetch of a `RemoteKeys`. */
@final
export class JwksCall extends HttpCall {
  constructor(readonly source: RemoteKeys) {
    super();
    const jwks = source.jwks;
    this.cluster = jwks.cluster;
    this.authority = jwks.authority;
    this.path = jwks.path;
  }
}

/**
 * Keys that an HTTP server has. One worker fetches them for all, and everything that waits on any of them waits for that
 * one fetch. Good keys stay in use when new ones cannot be had, for a day at most; nothing waits longer than a fetch and
 * its retries may take.
 */
@final
export class RemoteKeys extends KeySource {
  readonly jwks: RemoteJwks;
  private readonly shared: SharedKeys;
  private call: JwksCall | null = null;
  private doing: Doing = Doing.Nothing;
  private retriesLeft: u32 = 0;
  /** When something is to be done that no request or answer brings about. */
  nextEvent: u64 = NEVER;
  /** Milliseconds since 1970, as all of these; 0 for never. */
  private fetchedAt: u64 = 0;
  private failedAt: u64 = 0;
  /** Which request was the last one that had come when a fetch failed. */
  private failedBefore: u64 = 0;
  private attemptedAt: u64 = 0;
  private waitUntil: u64 = 0;
  /** The timeout is for a fetch with all its retries, as natively. */
  private giveUpAt: u64 = 0;

  constructor(
    provider: Provider,
    jwks: RemoteJwks,
    private readonly listener: FetchListener,
    mode: Mode,
    private readonly verifier: Verifier,
  ) {
    super(provider, mode);
    this.jwks = jwks;
    this.shared = new SharedKeys(jwks);
    // Not in `onConfigure`, which Envoy runs for plugins that it throws away too.
    if (jwks.asyncFetch) this.nextEvent = 0;
  }

  usable(now: u64, began: u64): JwtStatus {
    if (this.isFresh(now)) return JwtStatus.Ok;
    if (this.doing != Doing.Nothing) return JwtStatus.Pending;
    if (this.adoptShared() && this.isFresh(now)) return JwtStatus.Ok;
    this.heedOthers();
    // Natively each request fetches anew after a failure; a server that is in trouble gets no rest from that.
    const rest = this.mode == Mode.Strict || this.jwks.asyncFetch ? this.jwks.failedRefetch : 0;
    if (this.failedAt > 0 && (now < this.failedAt + rest || began <= this.failedBefore))
      return this.withoutNew(now);
    this.begin(now);
    return this.doing != Doing.Nothing
      ? JwtStatus.Pending
      : this.isFresh(now)
        ? JwtStatus.Ok
        : this.withoutNew(now);
  }

  refetch(now: u64): JwtStatus {
    const interval = this.jwks.refetchInterval;
    if (interval == 0) return JwtStatus.KidAlgMismatch;
    const generation = this.generation;
    if (this.doing != Doing.Nothing) return JwtStatus.Pending;
    this.adoptShared();
    if (this.generation != generation) return JwtStatus.Ok;
    this.shared.readLease();
    const last = max(max(this.attemptedAt, this.fetchedAt), this.shared.attemptedAt);
    if (now < last + interval) return JwtStatus.KidAlgMismatch;
    this.begin(now);
    if (this.doing != Doing.Nothing) return JwtStatus.Pending;
    return this.generation != generation ? JwtStatus.Ok : JwtStatus.KidAlgMismatch;
  }

  /** The time of `nextEvent` has come. */
  onTime(now: u64): void {
    if (this.doing == Doing.BackingOff) this.send(now);
    else if (this.doing == Doing.Waiting) this.poll(now);
    else this.fetchAhead(now);
  }

  /** The plugin goes, and its call with it: others need not wait for that. */
  abandon(): void {
    if (this.doing == Doing.Fetching || this.doing == Doing.BackingOff) this.shared.abandon();
    this.doing = Doing.Nothing;
  }

  onAnswer(response: HttpCallResponse, now: u64): void {
    const document =
      response.statusCode == 200 && response.bodySize <= this.jwks.maxBytes ? response.body.get() : null;
    if (document !== null && this.adopt(document, now)) {
      this.listener.onFetchSuccess();
      this.finish(now, document);
      return;
    }
    if (this.retriesLeft > 0 && now < this.giveUpAt && (response.failed || response.statusCode >= 500)) {
      this.backOff(now);
      return;
    }
    if (document === null) {
      this.complain(
        response.failed ? "no answer" : `status ${response.statusCode}, ${response.bodySize} octets`,
      );
    }
    this.fail(now);
  }

  /** A worker's time for that may come just after another one's, whose success or failure counts for all. */
  private fetchAhead(now: u64): void {
    const isNew = this.adoptShared() && this.isFresh(now);
    this.heedOthers();
    const isResting = this.failedAt > 0 && now < this.failedAt + max(this.jwks.failedRefetch, 1);
    if (isNew || isResting || !this.jwks.asyncFetch) this.rest(now);
    else this.begin(now);
  }

  /** Learns of another worker's fetch that has failed since; after `adoptShared`, which learns of those that have not. */
  private heedOthers(): void {
    this.shared.readLease();
    const attemptedAt = this.shared.attemptedAt;
    if (attemptedAt > this.fetchedAt && attemptedAt > this.failedAt) this.failedAt = attemptedAt;
  }

  /** Keys that are there, and neither too old nor, after a step of the clock, from the future. */
  private isFresh(now: u64): bool {
    const fetchedAt = this.fetchedAt;
    return fetchedAt > 0 && now < fetchedAt + this.jwks.cacheDuration && now + 60000 >= fetchedAt;
  }

  /** What there is when no new keys can be had. */
  private withoutNew(now: u64): JwtStatus {
    return this.fetchedAt > 0 && now < this.fetchedAt + this.jwks.cacheDuration + LONGEST_STALE_MS
      ? JwtStatus.Ok
      : JwtStatus.FetchFail;
  }

  /** @param latest for whom the time has begun to run already */
  private begin(now: u64, latest: u64 = NEVER): void {
    const until = min(now + this.jwks.timeout, latest);
    if (this.shared.lease(now, until + LEASE_MARGIN_MS)) {
      this.retriesLeft = this.jwks.retries;
      this.giveUpAt = until;
      this.send(now);
      return;
    }
    this.doing = Doing.Waiting;
    // A configuration that takes longer for it may have the lease.
    this.waitUntil = min(this.shared.leasedUntil, until + LEASE_MARGIN_MS);
    this.nextEvent = now + POLL_MS;
    this.listener.onSchedule(now);
  }

  private send(now: u64): void {
    this.doing = Doing.Fetching;
    this.nextEvent = NEVER;
    let call = this.call;
    if (call === null) {
      call = new JwksCall(this);
      this.call = call;
    }
    call.timeoutMs = <u32>min<u64>(max<u64>(this.giveUpAt - min(now, this.giveUpAt), 1), i32.MAX_VALUE);
    // Why not is in the log then.
    if (this.listener.send(call) != Status.Ok) this.fail(now);
  }

  private backOff(now: u64): void {
    const attempt = this.jwks.retries - this.retriesLeft;
    this.retriesLeft--;
    const longest = min(this.jwks.backoffBase << (<u64>min<u32>(attempt, 20)), this.jwks.backoffMax);
    this.doing = Doing.BackingOff;
    const wait = 1 + <u64>randomBelow(<u32>min<u64>(longest, i32.MAX_VALUE));
    this.nextEvent = min(now + wait, this.giveUpAt);
    this.listener.onSchedule(now);
  }

  private poll(now: u64): void {
    const attemptedAt = this.shared.attemptedAt;
    this.shared.readLease();
    if (this.shared.leasedUntil > now && now < this.waitUntil) {
      this.nextEvent = now + POLL_MS;
      return;
    }
    const newer = this.adoptShared();
    if (!newer && this.shared.attemptedAt == attemptedAt && now < this.waitUntil) {
      // Given back without an attempt: the configuration that fetched has been replaced.
      this.begin(now, this.waitUntil);
      return;
    }
    this.doing = Doing.Nothing;
    this.attemptedAt = max(this.shared.attemptedAt, this.attemptedAt);
    if (!newer) this.noteFailure(now);
    this.rest(now);
    this.listener.onFetched(now);
  }

  private fail(now: u64): void {
    this.listener.onFetchFailure();
    this.noteFailure(now);
    this.finish(now, null);
  }

  private noteFailure(now: u64): void {
    this.failedAt = now;
    this.failedBefore = this.listener.arrivals;
  }

  private finish(now: u64, document: Bytes | null): void {
    this.shared.release(now, document);
    this.attemptedAt = now;
    this.doing = Doing.Nothing;
    this.rest(now);
    this.listener.onFetched(now);
  }

  /** Nothing to do until keys that are fetched ahead of need are due. */
  private rest(now: u64): void {
    this.nextEvent = NEVER;
    if (!this.jwks.asyncFetch) return;
    const cacheDuration = this.jwks.cacheDuration;
    const due =
      this.fetchedAt + (cacheDuration > AHEAD_MS << 1 ? cacheDuration - AHEAD_MS : cacheDuration >> 1);
    this.nextEvent = this.failedAt > 0 ? this.failedAt + max(this.jwks.failedRefetch, 1) : max(due, now + 1);
    this.listener.onSchedule(now);
  }

  /** Takes what another worker has fetched since; false when there is nothing new. */
  private adoptShared(): bool {
    if (!this.shared.readNewer(this.fetchedAt)) return false;
    const document = this.shared.document;
    return <u32>document.length <= this.jwks.maxBytes && this.adopt(document, this.shared.fetchedAt);
  }

  private document: Bytes = Bytes.EMPTY;

  /** Makes these the keys, unless they are none. The same document again keeps what was verified by it. */
  private adopt(document: Bytes, fetchedAt: u64): bool {
    if (this.keys === null || !document.equals(this.document)) {
      const keys = KeySet.parse(document, this.mode, this.verifier);
      if (keys.keys.length == 0) {
        this.complain(keys.problem);
        return false;
      }
      keys.logRefusals(this.provider.name);
      this.keys = keys;
      this.document = document.copy();
      this.generation++;
    }
    this.fetchedAt = fetchedAt;
    // Whoever fetched them: what failed before counts no more.
    this.failedAt = 0;
    return true;
  }

  private complain<T>(why: T): void {
    logWarn(
      `jwt_authn: no keys for provider ${this.provider.name.toString()} from ${this.jwks.authority.toString()}: ` +
        `${isString<T>() ? changetype<string>(why) : Bytes.of<T>(why).toString()}`,
    );
  }
}
