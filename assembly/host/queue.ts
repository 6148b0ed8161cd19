// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import {
  proxy_dequeue_shared_queue,
  proxy_enqueue_shared_queue,
  proxy_register_shared_queue,
  proxy_resolve_shared_queue,
} from "../abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "../abi/memory";
import { Bytes } from "../text/bytes";

/**
 * A queue of octet strings, by the `vm_id` of who registered it and a name. It is the way to hand work to another VM, a
 * Wasm service for instance. It has no bound: enqueue no faster than somebody dequeues.
 */
@final
export class SharedQueue {
  private constructor(
    /** What `PluginContext.onQueueReady` is given. */
    public readonly id: u32,
  ) {}

  /**
   * Makes the queue if it is not there, and its reader of this plugin: `onQueueReady` is called for each value that is
   * enqueued. One reader is called, the last that registered: with several workers, that of the last to be configured.
   *
   * @returns null when the host refuses
   */
  static register<N>(name: N): SharedQueue | null {
    const n = Bytes.of<N>(name);
    const status = proxy_register_shared_queue(n.ptr, <usize>n.length, OUT);
    return status == Status.Ok ? new SharedQueue(load<u32>(OUT)) : null;
  }

  /**
   * Finds a queue that somebody has registered.
   *
   * @param vmId of who did; that of this VM when it is empty
   * @returns null when nobody has, or has not yet: plugins are configured in the order of the configuration
   */
  static resolve<N>(name: N, vmId: Bytes = Bytes.EMPTY): SharedQueue | null {
    const n = Bytes.of<N>(name);
    const status = proxy_resolve_shared_queue(vmId.ptr, <usize>vmId.length, n.ptr, <usize>n.length, OUT);
    return status == Status.Ok ? new SharedQueue(load<u32>(OUT)) : null;
  }

  /** Appends a value. */
  enqueue<V>(value: V): Status {
    const v = Bytes.of<V>(value);
    return proxy_enqueue_shared_queue(this.id, v.ptr, <usize>v.length);
  }

  /** Takes the oldest value, or null when there is none: another reader may have been faster, so ask until then. */
  dequeue(): Bytes | null {
    clearOut();
    const status = proxy_dequeue_shared_queue(this.id, OUT, OUT_SIZE);
    const value = takeOut();
    return status == Status.Ok ? value : null;
  }
}
