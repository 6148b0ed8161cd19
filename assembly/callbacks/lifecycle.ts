// SPDX-License-Identifier: Apache-2.0
import { enterCallback } from "../abi/callback";
import { pluginConfiguration, vmConfiguration } from "../host/body";
import { Bytes } from "../text/bytes";
import { ContextKind } from "../context/context";
import { createContext, deleteContext, loggedOf, pluginOf } from "../context/dispatcher";
import { HttpContext } from "../context/http";
import { PluginContext } from "../context/plugin";
import { registeredVm } from "../context/registry";
import { find } from "../context/table";
import { TcpContext } from "../context/tcp";

export function proxy_on_vm_start(pluginId: u32, configurationSize: i32): bool {
  enterCallback("proxy_on_vm_start");
  const vm = registeredVm();
  if (vm === null) return true;
  const configuration = configurationSize > 0 ? vmConfiguration.get() : null;
  return vm.onStart(configuration !== null ? configuration : Bytes.EMPTY);
}

export function proxy_on_configure(pluginId: u32, configurationSize: i32): bool {
  enterCallback("proxy_on_configure");
  const plugin = pluginOf(pluginId);
  if (plugin === null) return false;
  const configuration = configurationSize > 0 ? pluginConfiguration.get() : null;
  return plugin.onConfigure(configuration !== null ? configuration : Bytes.EMPTY);
}

export function proxy_on_context_create(id: u32, parentId: u32): void {
  enterCallback("proxy_on_context_create");
  createContext(id, parentId);
}

export function proxy_on_tick(pluginId: u32): void {
  enterCallback("proxy_on_tick");
  const plugin = pluginOf(pluginId);
  if (plugin !== null) plugin.onTick();
}

export function proxy_on_queue_ready(pluginId: u32, queueId: u32): void {
  enterCallback("proxy_on_queue_ready");
  const plugin = pluginOf(pluginId);
  if (plugin !== null) plugin.onQueueReady(queueId);
}

export function proxy_on_done(id: u32): bool {
  enterCallback("proxy_on_done");
  const context = find(id);
  // A stream that no callback has opened has nothing to be done with.
  if (context === null || context.id != id) return true;
  switch (context.kind) {
    case ContextKind.Http:
      changetype<HttpContext>(context).onDone();
      return true;
    case ContextKind.Tcp:
      changetype<TcpContext>(context).onDone();
      return true;
    default:
      return changetype<PluginContext>(context).onDone();
  }
}

export function proxy_on_log(id: u32): void {
  enterCallback("proxy_on_log");
  const context = loggedOf(id);
  if (context !== null) context.onLog();
}

export function proxy_on_delete(id: u32): void {
  enterCallback("proxy_on_delete");
  deleteContext(id);
}
