// SPDX-License-Identifier: Apache-2.0
import { enterCallback, leaveCallback } from "../abi/callback";
import { foreignArguments, HostBuffer, pluginConfiguration, vmConfiguration } from "../host/body";
import { beginEvent } from "../host/event";
import { Bytes } from "../text/bytes";
import { Context, ContextKind } from "../context/context";
import { createContext, deleteContext, loggedOf, pluginOf } from "../context/dispatcher";
import { HttpContext } from "../context/http";
import { PluginContext } from "../context/plugin";
import { registeredVm } from "../context/registry";
import { find } from "../context/table";
import { TcpContext } from "../context/tcp";

export function proxy_on_vm_start(pluginId: u32, configurationSize: i32): bool {
  const outer = enterCallback("proxy_on_vm_start", pluginId);
  const vm = registeredVm();
  const started = vm === null || vm.onStart(read(vmConfiguration, configurationSize));
  leaveCallback(outer);
  return started;
}

export function proxy_on_configure(pluginId: u32, configurationSize: i32): bool {
  const outer = enterCallback("proxy_on_configure", pluginId);
  const plugin = pluginOf(pluginId);
  const configured = plugin !== null && plugin.onConfigure(read(pluginConfiguration, configurationSize));
  leaveCallback(outer);
  return configured;
}

export function proxy_validate_configuration(pluginId: u32, configurationSize: i32): bool {
  const outer = enterCallback("proxy_validate_configuration", pluginId);
  const plugin = pluginOf(pluginId);
  const valid =
    plugin === null || plugin.onValidateConfiguration(read(pluginConfiguration, configurationSize));
  leaveCallback(outer);
  return valid;
}

export function proxy_on_context_create(id: u32, parentId: u32): void {
  const outer = enterCallback("proxy_on_context_create", id);
  createContext(id, parentId);
  leaveCallback(outer);
}

export function proxy_on_tick(pluginId: u32): void {
  const outer = enterCallback("proxy_on_tick", pluginId);
  beginEvent();
  const plugin = pluginOf(pluginId);
  if (plugin !== null) plugin.onTick();
  leaveCallback(outer);
}

export function proxy_on_queue_ready(pluginId: u32, queueId: u32): void {
  const outer = enterCallback("proxy_on_queue_ready", pluginId);
  const plugin = pluginOf(pluginId);
  if (plugin !== null) plugin.onQueueReady(queueId);
  leaveCallback(outer);
}

export function proxy_on_foreign_function(id: u32, functionId: u32, argumentsSize: i32): void {
  const outer = enterCallback("proxy_on_foreign_function", id);
  const context = loggedOf(id);
  if (context !== null) context.onForeignFunction(functionId, read(foreignArguments, argumentsSize));
  leaveCallback(outer);
}

export function proxy_on_done(id: u32): bool {
  const outer = enterCallback("proxy_on_done", id);
  const context = find(id);
  // A stream that no callback has opened has nothing to be done with.
  const done = context === null || context.id != id || finish(context);
  leaveCallback(outer);
  return done;
}

export function proxy_on_log(id: u32): void {
  const outer = enterCallback("proxy_on_log", id);
  const context = loggedOf(id);
  if (context !== null) {
    if (context._kind == ContextKind.Http) changetype<HttpContext>(context)._over();
    context.onLog();
  }
  leaveCallback(outer);
}

export function proxy_on_delete(id: u32): void {
  const outer = enterCallback("proxy_on_delete", id);
  deleteContext(id);
  leaveCallback(outer);
}

function read(configuration: HostBuffer, size: i32): Bytes {
  const bytes = size > 0 ? configuration.get() : null;
  return bytes !== null ? bytes : Bytes.EMPTY;
}

function finish(context: Context): bool {
  if (context._kind == ContextKind.Plugin) return changetype<PluginContext>(context).onDone();
  if (context._kind == ContextKind.Http) {
    const stream = changetype<HttpContext>(context);
    stream._over();
    stream.onDone();
  } else {
    changetype<TcpContext>(context).onDone();
  }
  return true;
}
