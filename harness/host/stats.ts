import { MetricType, Status } from "./enums.js";

/** The namespace of a module's metrics in Envoy's stats. */
const NAMESPACE = "wasmcustom.";

/** All metrics of a host, by their names in Envoy's stats. VMs share them, as Envoy's workers do. */
export class Stats {
  readonly #counters = new Map<string, bigint>();
  readonly #gauges = new Map<string, bigint>();
  readonly #histograms = new Map<string, bigint[]>();

  /** A counter's value, 0 when it was never counted with; the name may have Envoy's prefix `wasmcustom.`. */
  counter(name: string): number {
    return Number(this.#counters.get(bare(name)) ?? 0n);
  }

  gauge(name: string): number {
    return Number(this.#gauges.get(bare(name)) ?? 0n);
  }

  /** Every value recorded, in order. */
  histogram(name: string): number[] {
    return (this.#histograms.get(bare(name)) ?? []).map(Number);
  }

  /** The names of all metrics that were defined, without the prefix. */
  names(): string[] {
    return [...this.#counters.keys(), ...this.#gauges.keys(), ...this.#histograms.keys()].sort();
  }

  define(type: MetricType, name: string): void {
    if (type === MetricType.Counter) keep(this.#counters, name, 0n);
    else if (type === MetricType.Gauge) keep(this.#gauges, name, 0n);
    else keep(this.#histograms, name, []);
  }

  add(type: MetricType, name: string, delta: bigint): void {
    const values = type === MetricType.Counter ? this.#counters : this.#gauges;
    values.set(name, BigInt.asUintN(64, (values.get(name) ?? 0n) + delta));
  }

  record(type: MetricType, name: string, value: bigint): void {
    if (type === MetricType.Histogram) this.#histograms.get(name)?.push(value);
    else if (type === MetricType.Gauge) this.#gauges.set(name, value);
    else this.add(type, name, value);
  }

  value(type: MetricType, name: string): bigint {
    return (type === MetricType.Counter ? this.#counters : this.#gauges).get(name) ?? 0n;
  }
}

/** The metric ids of one VM. The low two bits are the type; a name defined twice has two ids for one statistic. */
export class MetricIds {
  readonly #names = new Map<number, string>();
  readonly #next = [MetricType.Counter, MetricType.Gauge, MetricType.Histogram] as number[];

  constructor(private readonly stats: Stats) {}

  define(type: number, name: string): number | null {
    if (this.#next[type] === undefined) return null;
    const id = (this.#next[type] += 4);
    this.#names.set(id, name);
    this.stats.define(type, name);
    return id;
  }

  increment(id: number, delta: bigint): Status {
    const type: MetricType = id & 3;
    const name = this.#names.get(id);
    if (type !== MetricType.Counter && type !== MetricType.Gauge) return Status.BadArgument;
    if (name === undefined) return Status.NotFound;
    if (type === MetricType.Counter && delta <= 0n) return Status.BadArgument;
    this.stats.add(type, name, delta);
    return Status.Ok;
  }

  record(id: number, value: bigint): Status {
    const name = this.#names.get(id);
    if (name === undefined) return Status.NotFound;
    this.stats.record(id & 3, name, value);
    return Status.Ok;
  }

  /** Histograms cannot be read. */
  get(id: number): bigint | Status {
    const type: MetricType = id & 3;
    const name = this.#names.get(id);
    if (type !== MetricType.Counter && type !== MetricType.Gauge) return Status.BadArgument;
    return name === undefined ? Status.NotFound : this.stats.value(type, name);
  }
}

function bare(name: string): string {
  return name.startsWith(NAMESPACE) ? name.slice(NAMESPACE.length) : name;
}

function keep<V>(map: Map<string, V>, name: string, value: V): void {
  if (!map.has(name)) map.set(name, value);
}
