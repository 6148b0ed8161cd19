// SPDX-License-Identifier: Apache-2.0
import { FilterStatus, logError, TcpContext } from "tremula/assembly";
import { Enforcement } from "./config/rbac-config";
import { Rbac } from "./plugin";

/** One connection. */
@final
export class RbacConnection extends TcpContext {
  private isDecided: bool = false;
  private isDenied: bool = false;

  constructor(private readonly plugin: Rbac) {
    super();
  }

  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    const plugin = this.plugin;
    if (this.isDenied) return FilterStatus.StopIteration;
    if (this.isDecided) return FilterStatus.Continue;
    plugin.facts.begin();
    plugin.facts.context = this;
    // Rules for requests would find nothing to match here, and those that deny would let everything through.
    if (!plugin.config.isNetwork)
      logError("rbac: denied, the configuration is for requests: it has no stat_prefix");
    else if (plugin.judge.decide(plugin.config.rules)) {
      this.isDecided = plugin.config.enforcement == Enforcement.OneTimeOnFirstByte;
      return FilterStatus.Continue;
    }
    this.isDenied = true;
    plugin.close(this);
    return FilterStatus.StopIteration;
  }

  onDelete(): void {
    if (this.isDenied) this.plugin.forget(this);
  }
}
