// SPDX-License-Identifier: Apache-2.0
import { Callout } from "../host/callout";
import { beginEvent } from "../host/event";
import { Property } from "../host/property";
import { Counter } from "../host/metric";
import { logError } from "../host/log";
import { Bytes } from "../text/bytes";
import { Context, ContextKind } from "./context";
import { HttpContext } from "./http";
import { PluginContext } from "./plugin";
import { makePlugin, registeredRootIds } from "./registry";
import { find, put, remove } from "./table";
import { TcpContext } from "./tcp";

// A host may call with an id that it has deleted or never announced; other SDKs trap there. It is ignored and counted,
// at wasmcustom.tremula.unknown_context.
const unknownContexts = new Counter("tremula.unknown_context");

const PLUGIN_ROOT_ID = new Property("plugin_root_id");

export function createContext(id: u32, parentId: u32): void {
  beginEvent();
  if (parentId == 0) {
    createPlugin(id);
    return;
  }
  const plugin = pluginOf(parentId);
  // Whether it will be an HTTP stream or a connection shows with its first callback; until then it stands for itself
  // as its plugin, which is what `openHttp` and `openTcp` then ask.
  if (plugin !== null) put(id, plugin);
}

function createPlugin(id: u32): void {
  const rootId = PLUGIN_ROOT_ID.get();
  const plugin = makePlugin(rootId !== null ? rootId : Bytes.EMPTY);
  if (plugin === null) {
    logError(
      `tremula: no plugin is registered for root_id "${rootId !== null ? rootId.toString() : ""}"; registered: ${registeredRootIds()}`,
    );
    return;
  }
  plugin._assignId(id);
  if (rootId !== null) plugin.rootId = rootId;
  put(id, plugin);
}

export function deleteContext(id: u32): void {
  const context = find(id);
  if (context === null) {
    unknownContexts.increment();
    return;
  }
  if (context.id == id) {
    context.onDelete();
    context._abandonCallouts();
    // Envoy accepts calls for a stream until it frees it, and crashes in some. Whoever still has the context makes none.
    context._assignId(0);
  }
  remove(id);
}

/** The context that waits for a callout; null when it is gone. */
export function waiting(call: Callout): Context | null {
  return find(call._contextId);
}

/** The plugin context of an id, or null, counted. */
export function pluginOf(id: u32): PluginContext | null {
  const context = find(id);
  if (context !== null && context._kind == ContextKind.Plugin && context.id == id) {
    return changetype<PluginContext>(context);
  }
  unknownContexts.increment();
  return null;
}

/** The HTTP context of an id, made now if this is its first callback; null when it is none. */
export function httpOf(id: u32): HttpContext | null {
  const context = find(id);
  if (context !== null) {
    if (context._kind == ContextKind.Http) return changetype<HttpContext>(context);
    if (context._kind == ContextKind.Plugin && context.id != id) {
      return openHttp(id, changetype<PluginContext>(context));
    }
  }
  unknownContexts.increment();
  return null;
}

/** The TCP context of an id, made now if this is its first callback; null when it is none. */
export function tcpOf(id: u32): TcpContext | null {
  const context = find(id);
  if (context !== null) {
    if (context._kind == ContextKind.Tcp) return changetype<TcpContext>(context);
    if (context._kind == ContextKind.Plugin && context.id != id) {
      return openTcp(id, changetype<PluginContext>(context));
    }
  }
  unknownContexts.increment();
  return null;
}

/** Any context of an id, or null, counted. Envoy logs streams that had no other callback, so one may be made here. */
export function loggedOf(id: u32): Context | null {
  const context = find(id);
  if (context === null) {
    unknownContexts.increment();
    return null;
  }
  if (context.id == id) return context;
  const plugin = changetype<PluginContext>(context);
  const http = openHttp(id, plugin);
  return http !== null ? http : openTcp(id, plugin);
}

function openHttp(id: u32, plugin: PluginContext): HttpContext | null {
  const context = plugin.createHttpContext();
  if (context !== null) {
    context._assignId(id);
    put(id, context);
  }
  return context;
}

function openTcp(id: u32, plugin: PluginContext): TcpContext | null {
  const context = plugin.createTcpContext();
  if (context !== null) {
    context._assignId(id);
    put(id, context);
  }
  return context;
}
