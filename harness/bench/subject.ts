import type { EnvoySpec, RunningEnvoy } from "../envoy/index.js";
import { HarnessError } from "../errors.js";
import { freePorts } from "../free-ports.js";
import type { Progress } from "../progress.js";
import { variantConfig } from "./config.js";
import { cpuNanosBetween, readCpu, readRssKiB } from "./cpu.js";
import { LiveStreams } from "./live-streams.js";
import { isMessage, runLoad, type LoadGenerator, type LoadResult } from "./load.js";
import { tcpLoad } from "./load-tcp.js";
import { checkAnswer } from "./probe.js";
import type { Message, Request, RoundSample, Scenario, Variant, VariantSamples } from "./types.js";

/** What the runner needs from its surroundings; tests replace them. */
export interface Surroundings {
  startEnvoy(spec: EnvoySpec): Promise<RunningEnvoy>;
  /** Which Envoy to start, and whatever else of the spec is the same for all variants. */
  readonly envoy: Omit<EnvoySpec, "config">;
  readonly load: LoadGenerator;
  readonly progress: Progress;
}

/** How long and with how many connections to send. */
export interface Effort {
  readonly seconds: number;
  readonly connections: number;
}

/** A variant with its running Envoy. */
export class Subject {
  readonly title: string;
  readonly #variant: Variant;
  readonly #request: Request | Message;
  readonly #counters: readonly string[];
  readonly #load: LoadGenerator;
  readonly #envoy: RunningEnvoy;
  readonly #address: { host: string; port: number };
  readonly #live: LiveStreams | null;
  readonly #rounds: RoundSample[] = [];
  #rssStartKiB = NaN;
  #requests = 0;

  private constructor(
    title: string,
    scenario: Scenario,
    variant: Variant,
    load: LoadGenerator,
    started: { envoy: RunningEnvoy; address: { host: string; port: number }; live: LiveStreams | null },
  ) {
    this.title = title;
    this.#variant = variant;
    this.#request = variant.name === "none" ? unfiltered(scenario.request) : scenario.request;
    this.#counters = scenario.counters ?? [];
    this.#load = load;
    this.#envoy = started.envoy;
    this.#address = started.address;
    this.#live = started.live;
  }

  /** Starts the variant's Envoy and makes sure that it does what the scenario says. */
  static async start(
    scenario: Scenario,
    variant: Variant,
    module: string | undefined,
    around: Surroundings,
  ): Promise<Subject> {
    const title = `${scenario.suite}/${scenario.name} ${variant.name}`;
    const live = scenario.liveStreams ? await LiveStreams.prepare(scenario.liveStreams) : null;
    const port = scenario.ownPort === true ? (await freePorts(1))[0]! : 0;
    let envoy: RunningEnvoy | undefined;
    try {
      const values = {
        ...(live && { UPSTREAM_PORT: live.upstreamPort }),
        ...(scenario.ownPort === true && { PORT: port }),
      };
      const config = await variantConfig(scenario, variant, module, values, port);
      const mounts = module === undefined ? [] : [module];
      envoy = await around.startEnvoy({ concurrency: 1, ...around.envoy, mounts, config });
      const address = await envoy.listener("main");
      await checkAnswer(scenario, variant, address, envoy);
      await live?.open(address);
      return new Subject(title, scenario, variant, around.load, { envoy, address, live });
    } catch (error) {
      await Promise.all([envoy?.stop(), live?.close()]);
      throw error;
    }
  }

  get envoyVersion(): string {
    return this.#envoy.version;
  }

  async warmUp(effort: Effort): Promise<void> {
    await this.#send(effort);
    this.#rssStartKiB = await readRssKiB(this.#envoy.pid);
  }

  async round(effort: Effort): Promise<void> {
    this.#rounds.push(await this.#send(effort));
  }

  /** Goes on sending until the variant has served this many requests in all. */
  async soak(requests: number, effort: Effort): Promise<void> {
    while (this.#requests < requests) await this.#send(effort);
  }

  async samples(): Promise<VariantSamples> {
    return {
      variant: this.#variant.name,
      rounds: this.#rounds,
      rssStartKiB: this.#rssStartKiB,
      rssKiB: await readRssKiB(this.#envoy.pid),
      requests: this.#requests,
      counters: await this.#perRequest(),
    };
  }

  async #perRequest(): Promise<Record<string, number>> {
    if (this.#counters.length === 0) return {};
    const stats = await this.#envoy.admin.stats();
    const counted = this.#counters.map((name) => [name, stats.counter(name) / this.#requests] as const);
    return Object.fromEntries(counted.filter(([, value]) => value > 0));
  }

  async stop(): Promise<void> {
    await this.#live?.close();
    await this.#envoy.stop();
  }

  async #send(effort: Effort): Promise<RoundSample> {
    try {
      return await this.#measure(effort);
    } catch (error) {
      // An Envoy that went away explains whatever failed because of it.
      const exit = await Promise.race([this.#envoy.exited, Promise.resolve(null)]);
      if (!exit) throw error;
      const how = exit.signal ?? `exit code ${exit.code}`;
      const tail = (await this.#envoy.log()).trimEnd().split("\n").slice(-10).join("\n");
      throw new HarnessError(
        "BENCH_ENVOY_ENDED",
        `${this.title}: Envoy ended under load (${how}):\n${tail}`,
        {
          cause: error,
        },
      );
    }
  }

  async #measure(effort: Effort): Promise<RoundSample> {
    const before = await readCpu(this.#envoy.pid);
    const result = await this.#runLoad(effort);
    const after = await readCpu(this.#envoy.pid);
    this.#requests += result.requests;
    return {
      cpuMicrosPerRequest: cpuNanosBetween(before, after) / 1000 / result.requests,
      requestsPerSecond: result.requests / result.seconds,
      requests: result.requests,
      latency: result.latency,
    };
  }

  #runLoad(effort: Effort): Promise<LoadResult> {
    const request = this.#request;
    const spec = { ...this.#address, ...effort };
    return isMessage(request)
      ? runLoad(tcpLoad, { ...spec, request }, this.title)
      : runLoad(this.#load, { ...spec, request }, this.title);
  }
}

/** What is sent where there is no filter: nothing is denied or changed. */
function unfiltered(request: Request | Message): Request | Message {
  if (!isMessage(request)) return { ...request, status: 200 };
  return request.same === true ? request : { ...request, expect: request.send };
}
