// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  ByteWriter,
  FilterHeadersStatus,
  HeaderTable,
  HttpContext,
  LocalResponse,
  logDebug,
  LogLevel,
  Status,
  logEnabled,
} from "tremula/assembly";
import { Mode } from "./config/mode";
import { Requirement } from "./config/requirement";
import { denial, unknownRequirement } from "./output/denial";
import { JwtAuthn } from "./plugin";
import { Effects } from "./request/effects";
import { Evaluation } from "./request/evaluation";
import { Extraction } from "./request/extraction";
import { isLookAlike, isPreflight, isWritten } from "./request/sanitize";
import { JwtStatus, textOf } from "./status";

/** Octets of the path in a realm (source/common/http/utility.cc, buildOriginalUri). */
const LONGEST_PATH: i32 = 256;

/**
 * With `StopIteration`, `allow_on_headers_stop_iteration` would have the first octets of a body let a request go on that waits
 * for keys.
 */
const HOLD: FilterHeadersStatus = FilterHeadersStatus.StopAllIterationAndWatermark;

/** One request. It is held while keys are fetched, and decided in one go once they are there. */
@final
export class JwtStream extends HttpContext {
  private requirement: Requirement | null = null;
  /** Its number among those that need a token. */
  private began: u64 = 0;

  constructor(private readonly plugin: JwtAuthn) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const plugin = this.plugin;
    const headers = plugin.headers.clear().addAll(this.requestHeaders.pairs());
    this.sanitize(headers);
    if (plugin.authentication.bypassCorsPreflight && isPreflight(headers)) {
      plugin.stats.corsPreflightBypassed.increment();
      plugin.stats.allowed.increment();
      return FilterHeadersStatus.Continue;
    }
    const requirement = plugin.requirements.find(headers);
    const unknownName = plugin.requirements.unknownName;
    if (unknownName !== null) {
      plugin.stats.denied.increment();
      this.sendLocalResponse(unknownRequirement(unknownName, plugin.authentication.names));
      return HOLD;
    }
    if (requirement === null) {
      plugin.stats.allowed.increment();
      return FilterHeadersStatus.Continue;
    }
    this.requirement = requirement;
    this.began = ++plugin.arrivals;
    const status = this.decide(plugin.now());
    if (status == JwtStatus.Ok) return FilterHeadersStatus.Continue;
    if (status == JwtStatus.Pending) plugin.wait(this);
    return HOLD;
  }

  /** Keys have been fetched, or not: decides again. False when it has to wait on. */
  resume(now: u64): bool {
    const pairs = this.requestHeaders.pairs();
    // The client has gone meanwhile.
    if (pairs.count == 0) return true;
    this.plugin.headers.clear().addAll(pairs);
    const status = this.decide(now);
    if (status == JwtStatus.Ok) this.continueRequest();
    return status != JwtStatus.Pending;
  }

  /** Decides, and does what follows from it. */
  private decide(now: u64): JwtStatus {
    const plugin = this.plugin;
    const requirement = this.requirement!;
    const mode = plugin.authentication.mode;
    const path = pathOf(plugin.headers);
    plugin.verification.begin(now, this.began);
    const effects = new Effects(mode == Mode.Envoy);
    const extraction = new Extraction(plugin.headers, path, mode);
    const evaluation = new Evaluation(plugin.issuers, extraction, plugin.verification, effects, mode);
    plugin.deciding = true;
    const status = evaluation.run(requirement);
    plugin.deciding = false;
    plugin.countCache(status != JwtStatus.Pending);
    if (status == JwtStatus.Pending) return status;
    plugin.applier.tell(effects);
    if (status == JwtStatus.Ok) {
      if (plugin.applier.apply(effects, this.requestHeaders, path)) this.clearRouteCache();
      plugin.stats.allowed.increment();
      return status;
    }
    this.deny(status);
    return status;
  }

  private deny(status: JwtStatus): void {
    const plugin = this.plugin;
    if (logEnabled(LogLevel.Debug)) logDebug("jwt_authn: denied: " + textOf(status));
    plugin.stats.countDenied(status);
    const stripped = plugin.authentication.stripFailureResponse;
    const response = denial(status, stripped, this.url(), plugin.authentication.mode);
    // Whatever is wrong with it, the request must not be held for ever.
    if (this.sendLocalResponse(response) != Status.Ok) this.sendLocalResponse(new LocalResponse(401));
  }

  /**
   * For the realm of a challenge, cut as natively. The native filter takes what a client says in `x-envoy-original-path`
   * for the path (source/common/http/utility.cc, buildOriginalUri; measured on 1.40.0); strict mode does not.
   */
  private url(): Bytes {
    const headers = this.plugin.headers;
    const isNative = this.plugin.authentication.mode == Mode.Envoy;
    const original = isNative ? headers.first("x-envoy-original-path") : null;
    const path = original !== null ? original : pathOf(headers);
    const scheme = headers.first(":scheme");
    const authority = headers.first(":authority");
    return new ByteWriter(128)
      .write(scheme !== null ? scheme : Bytes.of("http"))
      .write("://")
      .write(authority !== null ? authority : Bytes.EMPTY)
      .write(path.slice(0, LONGEST_PATH))
      .toBytes();
  }

  /** Nobody but this filter says what a token says: removes such headers, whoever sent them and whatever the route. */
  private sanitize(headers: HeaderTable): void {
    const written = this.plugin.written;
    const mode = this.plugin.authentication.mode;
    const statusHeaders = this.plugin.authentication.statusHeaders;
    const hasStatus = mode == Mode.Strict && statusHeaders.length > 0;
    if (written.length == 0 && !hasStatus) return;
    for (let i = 0; i < headers.count; i++) {
      if (isWritten(headers, i, written, mode) || (hasStatus && isLookAlike(headers, i, statusHeaders))) {
        this.requestHeaders.remove(headers.name(i));
      }
    }
  }
}

function pathOf(headers: HeaderTable): Bytes {
  const path = headers.first(":path");
  return path !== null ? path : Bytes.EMPTY;
}
