// SPDX-License-Identifier: Apache-2.0

/** What a context is for; cheaper to ask than `instanceof`, which compares against every subclass. */
export enum ContextKind {
  Plugin,
  Http,
  Tcp,
}

/** What every context has. Authors extend `PluginContext`, `HttpContext` or `TcpContext`. */
export abstract class Context {
  private assignedId: u32 = 0;

  constructor(
    /** For the SDK. */
    public readonly kind: ContextKind,
  ) {}

  /** The host's number for this context; 0 in the constructor, which runs before it is assigned. */
  get id(): u32 {
    return this.assignedId;
  }

  /** For the SDK: done once, when the host's id is known. */
  assignId(id: u32): void {
    this.assignedId = id;
  }

  /**
   * The stream or plugin is complete and its access log is being written. Runs for a plugin context when the filter is
   * configured as an access logger (`envoy.access_loggers.wasm`). Whether it comes before or after `onDone` is the
   * host's choice.
   */
  onLog(): void {}

  /** The host has forgotten the context; nothing of it is called after this. */
  onDelete(): void {}
}
