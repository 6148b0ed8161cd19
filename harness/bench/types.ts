import type { PlaceholderValue } from "../envoy/index.js";

/** Where the module of a variant comes from; `entry` and `fixture` are built when they are stale. */
export type ModuleSource =
  /** Entry file of a filter on the SDK, below the package's folder. */
  | { readonly entry: string }
  /** A comparison filter of `test/fixtures/bench/`, by its name. */
  | { readonly fixture: string }
  /** A compiled module: absolute, or below the package's folder. */
  | { readonly file: string };

/** A proxy-wasm module in a variant. */
export interface WasmModule {
  readonly source: ModuleSource;
  /** Plugin configuration, given to the module as JSON. */
  readonly configuration?: unknown;
  /** Makes it instead, for the port of a scenario's `ownPort`. */
  readonly configure?: (port: number) => unknown;
  /** `vm_config.environment_variables` and such, merged into `vm_config`. */
  readonly vmConfig?: Readonly<Record<string, unknown>>;
}

/** One way to do the work of a scenario; it is measured against the variant `none`, which does none of it. */
export interface Variant {
  /** `none`, `floor`, `peer`, `native`, `tremula` … */
  readonly name: string;
  readonly wasm?: WasmModule;
  /** HTTP filters, or network filters, in Envoy's own JSON, put before those of the template. */
  readonly filters?: readonly object[];
  /** Whatever else the variant needs in the bootstrap, such as clusters. */
  readonly edit?: (bootstrap: Bootstrap) => void;
  /** Statistics of Envoy after the probes, besides those of the scenario. */
  readonly expectStats?: Readonly<Record<string, number>>;
}

/** The request that the load repeats, and what each answer must be. */
export interface Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A header whose value is another one in each request, in turn. */
  readonly rotate?: { readonly header: string; readonly values: readonly string[] };
  readonly body?: string;
  /** Default 200. The load counts any other class of status as an error. */
  readonly status?: number;
  /** Response headers that every variant except `none` must send: a filter that does nothing would be fast. */
  readonly expectHeaders?: Readonly<Record<string, string>>;
  /** Likewise, the whole body of the answer. */
  readonly expectBody?: string;
  /** How often the request is sent before the load begins; the last answer is looked at. Default 1. */
  readonly probes?: number;
}

/** What the load repeats over TCP, one octet a character: it sends the message, waits for the reply, and sends the next. */
export interface Message {
  readonly send: string;
  /** The reply of every variant except `none`, which sends back the message. */
  readonly expect: string;
  /** Octets of the reply, when more come than `expect` says; the others may be any, such as a date. */
  readonly length?: number;
  /** The variant `none` replies as all the others do. */
  readonly same?: boolean;
  /** Each exchange gets a connection of its own. */
  readonly reconnect?: boolean;
}

/** The same work done by several variants. */
export interface Scenario {
  readonly suite: string;
  readonly name: string;
  /** What is done, for the report. */
  readonly about: string;
  /** Bootstrap below `envoy-configs/`; default `bench/http.yaml`. */
  readonly template?: string;
  /** Values of the template's placeholders. */
  readonly values?: Readonly<Record<string, PlaceholderValue>>;
  /** Each variant's listener `main` has a port that is known before, as the placeholder `PORT`. */
  readonly ownPort?: boolean;
  /** A message needs a template whose listener `main` speaks TCP. */
  readonly request: Request | Message;
  /** Statistics of Envoy after the probes in every variant except `none`. */
  readonly expectStats?: Readonly<Record<string, number>>;
  /** Counters of Envoy that the report shows: how much they grew for each request. */
  readonly counters?: readonly string[];
  /** Requests held open through each Envoy while it is measured; the template then needs `bench/http-live.yaml`'s route. */
  readonly liveStreams?: number;
  /** Requests that each variant has to serve, all rounds included, before its memory is read. */
  readonly soakRequests?: number;
  /** The first one must be `none`. */
  readonly variants: readonly Variant[];
}

/** What may not become slower. */
export interface Budget {
  readonly suite: string;
  readonly scenario: string;
  readonly variant: string;
  /** The other variant: what `variant` adds is divided by what this one adds, or compared with it. */
  readonly against: string;
  readonly maxRatio?: number;
  /** Microseconds that `variant` may add beyond what `against` adds; against `none` that is all it adds. */
  readonly maxExtraMicros?: number;
}

/** An Envoy bootstrap as plain data. */
export type Bootstrap = Record<string, unknown>;

/** One row of `bench --json`. */
export interface BenchResult {
  readonly suite: string;
  readonly scenario: string;
  readonly variant: string;
  readonly cpuMicrosPerRequest: number;
  readonly addedCpuMicros: number;
  readonly requestsPerSecond: number;
  readonly rssKiB: number;
  readonly rounds: number;
}

/** What one round measured of one variant. */
export interface RoundSample {
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly latency: Latency;
}

/** Latencies of one round, as the load generator saw them; with a closed loop a stall hides what it held up. */
export interface Latency {
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
}

/** A variant's rounds, oldest first, and its memory. */
export interface VariantSamples {
  readonly variant: string;
  readonly rounds: readonly RoundSample[];
  /** After the warm-up. */
  readonly rssStartKiB: number;
  /** After the last request. */
  readonly rssKiB: number;
  /** Served before `rssKiB` was read. */
  readonly requests: number;
  /** Of the scenario's `counters`, those that the variant has, per request. */
  readonly counters: Readonly<Record<string, number>>;
}

/** A scenario that ran. */
export interface ScenarioSamples {
  readonly suite: string;
  readonly scenario: string;
  readonly envoyVersion: string;
  /** What sent it: `wrk` or `autocannon`, with its version, or `node:net`. */
  readonly load: string;
  readonly variants: readonly VariantSamples[];
}
