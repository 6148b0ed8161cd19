import { PluginRefused } from "./errors.js";
import type { Host } from "./host.js";
import type { LogEntry } from "./log.js";
import { configurationBytes } from "./octets.js";
import { Plugin, type PluginOptions } from "./plugin.js";
import { type PluginSettings, RootContext } from "./root-context.js";
import { Vm, type VmSettings } from "./vm.js";

export interface VmOptions {
  readonly vmId?: string;
  /** The VM's configuration: text or bytes as they are, anything else as JSON. */
  readonly vmConfiguration?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  /** Keep a readable record of everything that crosses the boundary, in `plugin.trace`. */
  readonly trace?: boolean;
}

/** One module on one worker: the VM that serves, and how another one is made. */
export class Worker {
  readonly #settings: VmSettings;
  #vm: Vm;

  constructor(
    readonly host: Host,
    private readonly module: WebAssembly.Module,
    private readonly options: VmOptions,
  ) {
    this.#settings = {
      vmId: options.vmId ?? "",
      configuration: configurationBytes(options.vmConfiguration),
      environment: new Map(Object.entries(options.environment ?? {})),
      trace: options.trace ?? false,
    };
    this.#vm = this.#make("worker");
  }

  get vm(): Vm {
    return this.#vm;
  }

  /**
   * Starts a plugin: first in a VM that is thrown away without a word (the canary), then in the one that serves.
   *
   * @throws {PluginRefused} with what the module logged
   */
  startPlugin(options: PluginOptions = {}): Plugin {
    const settings: PluginSettings = {
      name: options.name ?? "",
      rootId: options.rootId ?? "",
      configuration: configurationBytes(options.configuration),
      failurePolicy: options.failurePolicy,
    };
    const canary = this.#make("canary");
    try {
      this.#start(canary, settings, "base");
    } finally {
      for (const context of canary.contexts.values()) if (context.root === context) context.root.stop();
      canary.gone = true;
    }
    return this.#serve(settings, options);
  }

  /**
   * Starts a plugin that is running on a further worker: in a VM of its own, which shares with this one what has its
   * `vm_id`. It has been tried in a canary already.
   */
  another(settings: PluginSettings, options: PluginOptions): Plugin {
    return new Worker(this.host, this.module, this.options).#serve(settings, options);
  }

  #serve(settings: PluginSettings, options: PluginOptions): Plugin {
    const start = (): RootContext => this.#start(this.#vm, settings, "thread-local");
    // What a plugin has called out for while it starts is answered before its first stream.
    return new Plugin(this, this.host.drive([], start), options);
  }

  /** A new VM in place of a broken one, with one plugin started in it. */
  restart(settings: PluginSettings): RootContext {
    if (this.#vm.trap !== null) {
      this.#vm.gone = true;
      this.#vm = this.#make("worker");
    }
    return this.#start(this.#vm, settings, "thread-local");
  }

  #make(role: Vm["role"]): Vm {
    const logged = this.host.log.entries.length;
    const vm = new Vm(this.host, this.module, this.#settings, role);
    if (vm.trap !== null) throw this.#refused("Failed to initialize Wasm code", logged, vm.trap);
    return vm;
  }

  #start(vm: Vm, settings: PluginSettings, which: "base" | "thread-local"): RootContext {
    const logged = this.host.log.entries.length;
    const root = new RootContext(vm, settings);
    if (!root.start() || vm.trap !== null) {
      throw this.#refused(`Failed to start ${which} Wasm`, logged, vm.trap);
    }
    if (!root.configure() || vm.trap !== null) {
      throw this.#refused(`Failed to configure ${which} Wasm plugin`, logged, vm.trap);
    }
    return root;
  }

  #refused(reason: string, logged: number, cause: unknown): PluginRefused {
    const log: LogEntry[] = this.host.log.entries.slice(logged);
    return new PluginRefused(reason, log, cause ?? undefined);
  }
}
