// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  FilterHeadersStatus,
  HttpContext,
  LocalResponse,
  pathLength,
  SourceAttributes,
} from "tremula/assembly";
import { ambiguousPath, denial, unknownRules } from "./decide/denial";
import { dryRunValue } from "./decide/dry-run";
import { isAmbiguous } from "./facts/ambiguous-path";
import { Rbac } from "./plugin";

/** One request. */
@final
export class RbacStream extends HttpContext {
  /** What the response tells a trusted caller of the shadow rules; null for nothing. */
  private dryRun: Bytes | null = null;

  constructor(private readonly plugin: Rbac) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const plugin = this.plugin;
    const facts = plugin.facts;
    const rules = plugin.routeRules.find();
    if (rules === null) {
      if (!plugin.routeRules.isDisabled) {
        plugin.stats.unknownRules.increment();
        return this.refuse(unknownRules());
      }
      plugin.stats.disabled.increment();
      return FilterHeadersStatus.Continue;
    }
    facts.begin();
    facts.context = this;
    facts.headers.clear().addAll(this.requestHeaders.pairs());
    if (plugin.config.options.rejectAmbiguousPaths && this.hasAmbiguousPath()) {
      plugin.stats.ambiguousPaths.increment();
      return this.refuse(ambiguousPath());
    }
    const isAllowed = plugin.judge.decide(rules);
    if (rules.shadow !== null) this.noteDryRun();
    return isAllowed ? FilterHeadersStatus.Continue : this.refuse(denial(plugin.judge.policy));
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const value = this.dryRun;
    const header = this.plugin.config.options.dryRunHeader;
    if (value !== null && header !== null) this.responseHeaders.replace(header.name, value);
    return FilterHeadersStatus.Continue;
  }

  private refuse(response: LocalResponse): FilterHeadersStatus {
    this.sendLocalResponse(response);
    return FilterHeadersStatus.StopIteration;
  }

  private hasAmbiguousPath(): bool {
    const headers = this.plugin.facts.headers;
    const index = headers.find(Bytes.of(":path"));
    if (index < 0) return false;
    const path = headers.value(index);
    return isAmbiguous(path.ptr, pathLength(path));
  }

  private noteDryRun(): void {
    const header = this.plugin.config.options.dryRunHeader;
    if (header === null) return;
    const caller = SourceAttributes.address;
    if (caller === null) return;
    for (let i = 0; i < header.trusted.length; i++) {
      if (!header.trusted[i].contains(caller)) continue;
      this.dryRun = dryRunValue(this.plugin.judge.shadowAllowed, this.plugin.judge.shadowPolicy);
      return;
    }
  }
}
