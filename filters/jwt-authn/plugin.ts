// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  currentTimeNanoseconds,
  HeaderTable,
  HttpCall,
  HttpCallResponse,
  HttpContext,
  PluginContext,
  Status,
} from "tremula/assembly";
import { Authentication } from "./config/authentication";
import { FetchListener } from "./fetch/fetch-listener";
import { KeySource } from "./fetch/key-source";
import { LocalKeys } from "./fetch/local-keys";
import { JwksCall, RemoteKeys } from "./fetch/remote-keys";
import { JwtStream } from "./http";
import { Applier } from "./output/apply";
import { StateKeys } from "./output/state-keys";
import { Issuers } from "./request/issuers";
import { Verification } from "./request/verification";
import { Requirements } from "./requirements";
import { Stats } from "./stats";
import { TokenCache } from "./token/token-cache";

/** Tokens that are remembered for a provider that says nothing of it, and octets of the longest. */
const DEFAULT_CACHE_SIZE: i32 = 1000;
const DEFAULT_MAX_TOKEN_SIZE: i32 = 4096;
const NANOSECONDS: u64 = 1_000_000;
const NEVER: u64 = u64.MAX_VALUE;
const LONGEST_TICK: u64 = 60_000;

/** One configuration of the filter on one worker: its keys, its cache, and the requests that wait for keys. */
export class JwtAuthn extends PluginContext implements FetchListener {
  authentication!: Authentication;
  issuers!: Issuers;
  requirements!: Requirements;
  verification!: Verification;
  applier!: Applier;
  stats!: Stats;
  /** By provider. */
  readonly states: Array<StateKeys> = [];
  /** Request headers that only this filter may write. */
  written: Array<Bytes> = [];
  /** The headers of the request that is being looked at. */
  readonly headers: HeaderTable = new HeaderTable();
  arrivals: u64 = 0;
  /** A request is being decided: `headers` and `verification` are its own until that is over. */
  deciding: bool = false;
  private cache!: TokenCache;
  private readonly remote: Array<RemoteKeys> = [];
  private waiting: Array<JwtStream> = [];

  onConfigure(configuration: Bytes): bool {
    const authentication = Authentication.parse(configuration);
    if (authentication === null) return false;
    this.authentication = authentication;
    this.stats = Stats.of(authentication.statPrefix);
    this.issuers = new Issuers(authentication.providers);
    this.requirements = new Requirements(authentication);
    this.written = this.issuers.everybody.written;
    const sources = new Array<KeySource>();
    let capacity = 0;
    let longest = 0;
    for (let i = 0; i < authentication.providers.length; i++) {
      const provider = authentication.providers[i];
      const source = this.sourceOf(i);
      if (source === null) return false;
      sources.push(source);
      this.states.push(new StateKeys(provider));
      const cache = provider.cache;
      capacity += cache !== null ? <i32>cache.size : DEFAULT_CACHE_SIZE;
      longest = max(longest, cache !== null ? <i32>cache.maxTokenSize : DEFAULT_MAX_TOKEN_SIZE);
    }
    this.cache = new TokenCache(capacity, longest);
    this.verification = new Verification(sources, this.cache, authentication.mode);
    this.applier = new Applier(authentication.providers, this.states, this.stats, authentication.mode);
    if (this.nextEvent() != NEVER) this.setTickPeriod(1);
    return true;
  }

  onDelete(): void {
    for (let i = 0; i < this.remote.length; i++) this.remote[i].abandon();
  }

  createHttpContext(): HttpContext {
    return new JwtStream(this);
  }

  /** Milliseconds since 1970. */
  now(): u64 {
    return currentTimeNanoseconds() / NANOSECONDS;
  }

  /** Keeps a request until some keys have been fetched. */
  wait(stream: JwtStream): void {
    this.waiting.push(stream);
  }

  onTick(): void {
    const now = this.now();
    for (let i = 0; i < this.remote.length; i++) {
      const source = unchecked(this.remote[i]);
      if (source.nextEvent <= now) source.onTime(now);
    }
    this.onSchedule(now);
  }

  onHttpCallResponse(call: HttpCall, response: HttpCallResponse): void {
    (call as JwksCall).source.onAnswer(response, this.now());
  }

  send(call: HttpCall): Status {
    return this.dispatch(call);
  }

  onSchedule(now: u64): void {
    const next = this.nextEvent();
    if (next == NEVER) this.setTickPeriod(0);
    else this.setTickPeriod(<u32>min(next > now ? next - now : 1, LONGEST_TICK));
  }

  onFetchSuccess(): void {
    this.stats.jwksFetchSuccess.increment();
  }

  onFetchFailure(): void {
    this.stats.jwksFetchFailed.increment();
  }

  onFetched(now: u64): void {
    // A call could not be sent for the request that is being decided. Nobody else waits for it, and whoever waits for another
    // one would look at their own headers in the middle of this decision.
    if (this.deciding) return;
    const streams = this.waiting;
    this.waiting = [];
    for (let i = 0; i < streams.length; i++) {
      const stream = unchecked(streams[i]);
      if (!stream.resume(now)) this.waiting.push(stream);
    }
  }

  /**
   * Adds what the cache has seen since the last time.
   *
   * @param isDecided false when a request has to wait and will look for its tokens again, which is to count once
   */
  countCache(isDecided: bool): void {
    const cache = this.cache.entries;
    if (isDecided) {
      this.stats.jwtCacheHit.increment(cache.hits);
      this.stats.jwtCacheMiss.increment(cache.misses);
    }
    this.stats.jwtCacheEvicted.increment(cache.evictions);
    cache.hits = 0;
    cache.misses = 0;
    cache.evictions = 0;
  }

  private nextEvent(): u64 {
    let next = NEVER;
    for (let i = 0; i < this.remote.length; i++) next = min(next, unchecked(this.remote[i]).nextEvent);
    return next;
  }

  private sourceOf(index: i32): KeySource | null {
    const authentication = this.authentication;
    const provider = authentication.providers[index];
    const jwks = provider.remoteJwks;
    if (jwks !== null) {
      const source = new RemoteKeys(provider, jwks, this, authentication.mode, authentication.verifier);
      this.remote.push(source);
      return source;
    }
    const local = provider.localJwks;
    return local !== null ? new LocalKeys(provider, authentication.mode, local.keys) : null;
  }
}
