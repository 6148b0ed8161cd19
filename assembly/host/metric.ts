// SPDX-License-Identifier: Apache-2.0
import { MetricType, Status } from "../abi/enums";
import {
  proxy_define_metric,
  proxy_get_metric,
  proxy_increment_metric,
  proxy_record_metric,
} from "../abi/imports";
import { OUT } from "../abi/memory";
import { Bytes } from "../text/bytes";

const UNDEFINED: i64 = -1;

/**
 * A metric, in Envoy's stats as `wasmcustom.<name>`. It is defined at its first use and not in the constructor, so it
 * may be a module constant: host calls are not allowed while a module initializes. Its id is kept, because each
 * definition of a name makes a new id for the same statistic.
 */
abstract class Metric {
  private id: i64 = UNDEFINED;
  private readonly name: Bytes;

  constructor(
    private readonly type: MetricType,
    name: string,
  ) {
    this.name = Bytes.fromString(name);
  }

  /** @internal */
  protected ensureId(): i64 {
    if (this.id == UNDEFINED) {
      const name = this.name;
      const status = proxy_define_metric(this.type, name.ptr, <usize>name.length, OUT);
      if (status == Status.Ok) this.id = <i64>load<u32>(OUT);
    }
    return this.id;
  }
}

/** A number that only grows, such as requests seen: `wasmcustom.<name>` in Envoy's stats, over all workers. See `Metric`. */
@final
export class Counter extends Metric {
  constructor(name: string) {
    super(MetricType.Counter, name);
  }

  /** Adds `delta`; 0 is nothing to do (Envoy refuses it). All phases but module initialization. */
  increment(delta: u32 = 1): Status {
    if (delta == 0) return Status.Ok;
    const id = this.ensureId();
    return id == UNDEFINED ? Status.InternalFailure : proxy_increment_metric(<u32>id, <i64>delta);
  }

  /** The value now, over all workers. */
  get value(): u64 {
    const id = this.ensureId();
    return id == UNDEFINED ? 0 : readMetric(<u32>id);
  }
}

/** A number that goes up and down, such as streams open now. See `Counter`. */
@final
export class Gauge extends Metric {
  constructor(name: string) {
    super(MetricType.Gauge, name);
  }

  /**
   * Adds `delta`, which may be negative. Envoy keeps one unsigned number for all workers: a decrement whose increment no VM
   * has made, or only later makes, shows near 2^64 until they are balanced (measured on 1.40.0).
   */
  add(delta: i64): Status {
    const id = this.ensureId();
    return id == UNDEFINED ? Status.InternalFailure : proxy_increment_metric(<u32>id, delta);
  }

  /** Makes this the value, over all workers. */
  set(value: u64): Status {
    const id = this.ensureId();
    return id == UNDEFINED ? Status.InternalFailure : proxy_record_metric(<u32>id, value);
  }

  /** The value now, over all workers. */
  get value(): u64 {
    const id = this.ensureId();
    return id == UNDEFINED ? 0 : readMetric(<u32>id);
  }
}

/** The distribution of a quantity, such as milliseconds a callout took. See `Counter`. */
@final
export class Histogram extends Metric {
  constructor(name: string) {
    super(MetricType.Histogram, name);
  }

  /** Records one value, in whatever unit the name says. */
  record(value: u64): Status {
    const id = this.ensureId();
    return id == UNDEFINED ? Status.InternalFailure : proxy_record_metric(<u32>id, value);
  }
}

function readMetric(id: u32): u64 {
  store<u64>(OUT, 0);
  return proxy_get_metric(id, OUT) == Status.Ok ? load<u64>(OUT) : 0;
}
