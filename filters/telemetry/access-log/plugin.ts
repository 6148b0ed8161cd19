// SPDX-License-Identifier: Apache-2.0
import { Bytes, Counter, HttpContext, LifeSpan, PluginContext, PropertyType } from "tremula/assembly";
import { Clients } from "./clients";
import { AccessLogConfig } from "./config";
import { AccessLogStream, STATE } from "./http";

/**
 * One configuration of role `access-log-policy` on one worker: Istio's access log policy. It says of each request in filter
 * state `wasm.istio.access_log_policy`, `yes` or `no`, whether it is worth a line in the access log.
 */
export class AccessLogPolicy extends PluginContext {
  config!: AccessLogConfig;
  clients!: Clients;
  readonly logged: Counter = new Counter("access_log_policy.logged");
  readonly skipped: Counter = new Counter("access_log_policy.skipped");
  /** Requests that nothing but their number could have logged. */
  private others: u32 = 0;

  onConfigure(configuration: Bytes): bool {
    return this.configure(configuration, this);
  }

  /**
   * What `onConfigure` does, for a plugin that has this one as a part.
   *
   * @param declarer the plugin whose `onConfigure` runs
   */
  configure(configuration: Bytes, declarer: PluginContext): bool {
    const config = AccessLogConfig.parse(configuration);
    if (config === null) return false;
    this.config = config;
    this.clients = new Clients(<i32>config.cacheSize, config.window);
    declarer.declareProperty(STATE, PropertyType.String, LifeSpan.DownstreamRequest);
    return true;
  }

  createHttpContext(): HttpContext {
    return new AccessLogStream(this);
  }

  /** Whether it is the turn of one that nothing else logs. */
  isSample(): bool {
    const every = this.config.sampleEvery;
    if (every == 0 || ++this.others < every) return false;
    this.others = 0;
    return true;
  }
}
