// SPDX-License-Identifier: Apache-2.0
import { effectiveContext } from "tremula/assembly/abi/callback";
import { HttpContext } from "tremula/assembly/context/http";
import { PluginContext } from "tremula/assembly/context/plugin";
import { registerPlugin } from "tremula/assembly/context/registry";
import { TcpContext } from "tremula/assembly/context/tcp";
import { vmConfiguration } from "tremula/assembly/host/body";
import { HttpCall } from "tremula/assembly/host/http-call";
import { HttpCallResponse } from "tremula/assembly/host/http-call-response";
import { logError } from "tremula/assembly/host/log";
import { Bytes } from "tremula/assembly/text/bytes";
import { RootContext } from "./contexts";
import { CompatHttpContext, CompatTcpContext } from "./streams";

type RootContextFactory = (context_id: u32) => RootContext;

const names: Array<string> = [];
const factories: Array<RootContextFactory> = [];

/** Makes a plugin known under its root id; at the top level of a module. */
export function registerRootContext(factory: RootContextFactory, name: string): void {
  // One plugin of the SDK serves them all: it looks for the root id itself.
  if (names.length == 0) registerPlugin(() => new CompatPlugin());
  names.push(name);
  factories.push(factory);
}

/** A plugin of the SDK that hands each callback on to a root context of the old kind. */
@final
class CompatPlugin extends PluginContext {
  private root: RootContext | null = null;

  onConfigure(configuration: Bytes): bool {
    const root = this.makeRoot();
    if (root === null) return false;
    const vmSize = max(vmConfiguration.size, 0);
    root.setConfiguration(configuration.toString());
    return (
      root.onStart(<usize>vmSize) &&
      root.validateConfiguration(<usize>configuration.length) &&
      root.onConfigure(configuration.length)
    );
  }

  createHttpContext(): HttpContext | null {
    const root = this.root;
    return root !== null ? new CompatHttpContext(root.createContext(effectiveContext())) : null;
  }

  createTcpContext(): TcpContext | null {
    const root = this.root;
    return root !== null ? new CompatTcpContext(root.createContext(effectiveContext())) : null;
  }

  onTick(): void {
    const root = this.root;
    if (root !== null) root.onTick();
  }

  onQueueReady(queueId: u32): void {
    const root = this.root;
    if (root !== null) root.onQueueReady(queueId);
  }

  onHttpCallResponse(call: HttpCall, response: HttpCallResponse): void {
    const root = this.root;
    if (root === null) return;
    const failed = response.failed;
    root.onHttpCallResponse(
      call._token,
      failed ? 0 : response.headers.pairs().count,
      failed ? 0 : response.bodySize,
      failed ? 0 : response.trailers.pairs().count,
    );
  }

  onDone(): bool {
    const root = this.root;
    return root === null || root.onDone();
  }

  onDelete(): void {
    const root = this.root;
    if (root !== null) root.onDelete();
  }

  private makeRoot(): RootContext | null {
    for (let i = 0; i < names.length; i++) {
      if (!this.rootId.equals(names[i])) continue;
      const root = factories[i](this.id);
      root.plugin = this;
      this.root = root;
      return root;
    }
    logError(
      `tremula: no root context is registered for "${this.rootId.toString()}"; registered: ${names.join(", ")}`,
    );
    return null;
  }
}
