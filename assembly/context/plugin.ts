// SPDX-License-Identifier: Apache-2.0
import { isCurrent, makeEffective } from "../abi/callback";
import { Status } from "../abi/enums";
import { proxy_done, proxy_set_tick_period_milliseconds } from "../abi/imports";
import { declare, LifeSpan, PropertyType } from "../host/filter-state";
import { Bytes } from "../text/bytes";
import { Context, ContextKind } from "./context";
import { HttpContext } from "./http";
import { TcpContext } from "./tcp";

/**
 * One plugin: what a `PluginConfig` in Envoy's configuration stands for (its root context). Extend it and register it
 * with `registerPlugin`. Envoy makes one on each worker, and one more on the main thread to try the configuration,
 * which it throws away without a word; so start nothing here that must not happen twice.
 *
 * Several plugins may share a VM, each with a configuration of its own: keep state in fields, not in globals.
 */
export abstract class PluginContext extends Context {
  /** `root_id` of the plugin's configuration. */
  rootId: Bytes = Bytes.EMPTY;

  constructor() {
    super(ContextKind.Plugin);
  }

  /**
   * Called once with the plugin's configuration: the octets of a `google.protobuf.StringValue` or `BytesValue`. Of any
   * other type Envoy hands over the serialized message, of a `Struct` too (seen on 1.37 to 1.40, whatever its
   * documentation says), so a JSON configuration belongs into a `StringValue`.
   *
   * @returns false refuses it. Log why, once, at error level: Envoy says no more than that the plugin failed to
   *   configure
   */
  onConfigure(configuration: Bytes): bool {
    return true;
  }

  /**
   * Checks a configuration that is not to be used yet. Part of the ABI's first version, and of Envoy's interface; Envoy 1.40
   * never asks.
   */
  onValidateConfiguration(configuration: Bytes): bool {
    return true;
  }

  /** The context of a new HTTP stream; null, the default, for a plugin that is no HTTP filter. */
  createHttpContext(): HttpContext | null {
    return null;
  }

  /** The context of a new connection; null, the default, for a plugin that is no network filter. */
  createTcpContext(): TcpContext | null {
    return null;
  }

  /** The timer has run out; on every worker, and in the VM that Envoy keeps on its main thread. */
  onTick(): void {}

  /** A shared queue that this plugin registered has something in it. */
  onQueueReady(queueId: u32): void {}

  /** The plugin is about to go. @returns false to put that off until the plugin calls `done` */
  onDone(): bool {
    return true;
  }

  /**
   * Lets the plugin go, after `onDone` has returned false; `onDelete` follows.
   *
   * @returns `NotFound` when the host does not wait for it
   */
  done(): Status {
    return makeEffective(this.id) ? proxy_done() : Status.BadArgument;
  }

  /**
   * Says what a property that streams of this plugin `set` holds, and how long it lives; in `onConfigure`.
   *
   * @param readonly each stream can set it once
   * @param schema of FlatBuffers, or the type URL of the Protobuf message
   * @returns `BadArgument` for a second declaration of a name, and outside the plugin's own callbacks, where it would have
   *   no effect
   */
  declareProperty<N>(
    name: N,
    type: PropertyType = PropertyType.Bytes,
    span: LifeSpan = LifeSpan.FilterChain,
    readonly: bool = false,
    schema: Bytes = Bytes.EMPTY,
  ): Status {
    return isCurrent(this.id) ? declare(name, type, span, readonly, schema) : Status.BadArgument;
  }

  /** Asks for `onTick` every `milliseconds`, the first one period from now; 0 stops it. */
  setTickPeriod(milliseconds: u32): Status {
    return proxy_set_tick_period_milliseconds(milliseconds);
  }
}
