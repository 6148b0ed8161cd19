import { startEnvoy, type RunningEnvoy } from "../../../harness/envoy/index.js";
import { listenerConfig, type Listener } from "./chain.js";
import { Client, type ClientTls, type Outcome } from "./client.js";
import type { SentRequest } from "./request.js";

/** One Envoy with many listeners, each with filters of its own. */
export class Rig {
  readonly #client = new Client();
  readonly #envoy: RunningEnvoy;
  readonly #ports: ReadonlyMap<string, number>;

  private constructor(envoy: RunningEnvoy, ports: ReadonlyMap<string, number>) {
    this.#envoy = envoy;
    this.#ports = ports;
  }

  static start(listeners: readonly Listener[]): Promise<Rig> {
    return Rig.startConfigs(listeners.map(listenerConfig));
  }

  /** With listeners in Envoy's own JSON. */
  static async startConfigs(listeners: readonly object[]): Promise<Rig> {
    const config = JSON.stringify({ static_resources: { listeners } });
    const envoy = await startEnvoy({ config, logLevel: "error", startTimeoutMs: 120_000 });
    const ports = (await envoy.admin.listeners()).map(({ name, port }) => [name, port] as const);
    return new Rig(envoy, new Map(ports));
  }

  port(name: string): number {
    return this.#ports.get(name)!;
  }

  ask(name: string, request: SentRequest, secure?: ClientTls): Promise<Outcome> {
    return this.#client.ask(this.port(name), request, secure);
  }

  /** Counters by name, of those that were ever written to. */
  async counters(): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.#envoy.admin.stats({ usedOnly: true })).entries());
  }

  log(): Promise<string> {
    return this.#envoy.log();
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#envoy.stop();
  }
}
