// SPDX-License-Identifier: Apache-2.0
import { MetricType } from "tremula/assembly/abi/enums";
import {
  proxy_define_metric,
  proxy_increment_metric,
  proxy_record_metric,
} from "tremula/assembly/abi/imports";
import { OUT } from "tremula/assembly/abi/memory";
import { Bytes } from "tremula/assembly/text/bytes";
import { WasmResultValues } from "./enums";

/** A metric that is defined when it is first used, so that it may be a module constant. */
abstract class Metric {
  private id: i64 = -1;

  constructor(
    private readonly type: MetricType,
    private readonly name: string,
  ) {}

  /** 0, which no metric has, while the host refuses to define it. */
  get metric_id(): u32 {
    if (this.id < 0) {
      const name = Bytes.fromString(this.name);
      const status = proxy_define_metric(this.type, name.ptr, <usize>name.length, OUT);
      if (status == WasmResultValues.Ok) this.id = <i64>load<u32>(OUT);
    }
    return this.id < 0 ? 0 : <u32>this.id;
  }
}

export class Gauge extends Metric {
  constructor(name: string) {
    super(MetricType.Gauge, name);
  }

  increment(offset: i64): WasmResultValues {
    return proxy_increment_metric(this.metric_id, offset);
  }

  record(metric_id: u32, value: u64): WasmResultValues {
    return proxy_record_metric(metric_id, value);
  }
}

export class Histogram extends Metric {
  constructor(name: string) {
    super(MetricType.Histogram, name);
  }

  /** `BadArgument`: a histogram records values. */
  increment(offset: i64): WasmResultValues {
    return proxy_increment_metric(this.metric_id, offset);
  }

  record(metric_id: u32, value: u64): WasmResultValues {
    return proxy_record_metric(metric_id, value);
  }
}

export class Counter extends Metric {
  constructor(name: string) {
    super(MetricType.Counter, name);
  }

  /** 0 is nothing to do, where the host refuses it. */
  increment(offset: u32): WasmResultValues {
    return offset == 0 ? WasmResultValues.Ok : proxy_increment_metric(this.metric_id, <i64>offset);
  }
}
