// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  Expression,
  HttpContext,
  logError,
  monotonicNanoseconds,
  PluginContext,
  TcpContext,
} from "tremula/assembly";
import { RbacConfig } from "./config/rbac-config";
import { Judge } from "./decide/judge";
import { HostFacts } from "./facts/host-facts";
import { DelayedCloses } from "./delayed-closes";
import { RbacStream } from "./http";
import { RouteRules } from "./route-rules";
import { Stats } from "./stats";
import { RbacConnection } from "./tcp";

const NANOSECONDS: u64 = 1_000_000;
/** Memory that a configuration takes while it is read, for each of its octets: dense ones, and large ones. */
const BYTES_PER_OCTET: usize = 10;
const BYTES_IF_LARGE: usize = 8;
const LARGE: usize = 48 << 20;

/** One configuration of the filter on one worker: its rules, and what its requests share. */
export class Rbac extends PluginContext {
  config!: RbacConfig;
  stats!: Stats;
  facts!: HostFacts;
  judge!: Judge;
  routeRules!: RouteRules;
  private readonly delayed: DelayedCloses = new DelayedCloses();

  onConfigure(configuration: Bytes): bool {
    reserveMemory(<usize>configuration.length);
    const config = RbacConfig.parse(configuration);
    if (config === null) return false;
    this.config = config;
    this.stats = new Stats(
      config.statPrefix,
      config.rulesStatPrefix,
      config.shadowStatPrefix,
      config.tracksRules,
    );
    const interner = config.scope.interner;
    this.facts = new HostFacts(config.options, interner.attributes);
    this.facts.reserve(interner.attributes.length, interner.conditions.length);
    if (!this.compileExpressions()) return false;
    this.judge = new Judge(config, this.stats, this.facts);
    this.routeRules = new RouteRules(config);
    return true;
  }

  createHttpContext(): HttpContext {
    return new RbacStream(this);
  }

  createTcpContext(): TcpContext {
    return new RbacConnection(this);
  }

  /** Ends a connection that is denied, at once or after `delay_deny`. */
  close(connection: RbacConnection): void {
    if (this.config.delayDeny == 0) {
      connection.closeDownstream();
      return;
    }
    const now = this.now();
    this.delayed.add(connection, now + this.config.delayDeny);
    this.setTickPeriod(this.delayed.wait(now));
  }

  /** A denied connection is gone. */
  forget(connection: RbacConnection): void {
    this.delayed.remove(connection);
  }

  onTick(): void {
    const now = this.now();
    for (let due = this.delayed.takeDue(now); due !== null; due = this.delayed.takeDue(now)) {
      due.closeDownstream();
    }
    this.setTickPeriod(this.delayed.wait(now));
  }

  /** Milliseconds. */
  private now(): u64 {
    return monotonicNanoseconds() / NANOSECONDS;
  }

  private compileExpressions(): bool {
    const conditions = this.config.scope.expressions;
    for (let i = 0; i < conditions.length; i++) {
      const text = conditions[i].text;
      const compiled = Expression.compile(text);
      if (compiled === null) {
        logError(Bytes.of("rbac: Envoy does not compile the condition ").concat(text));
        return false;
      }
      this.facts.expressions.push(compiled);
    }
    return true;
  }
}

/** Memory doubles whenever it is too small, so what large configurations need is asked for at once. */
function reserveMemory(octets: usize): void {
  heap.free(heap.alloc(min(octets * BYTES_PER_OCTET, max(octets * BYTES_IF_LARGE, LARGE))));
}
