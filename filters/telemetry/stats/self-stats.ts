// SPDX-License-Identifier: Apache-2.0
import { Counter } from "tremula/assembly";
import { Tables } from "./labels/tables";
import { MetricGroup } from "./metrics/group";

/** What was counted under `overflow` or `other`, at `wasmcustom.telemetry.…`: one host call a tick each, not one a stream. */
@final
export class SelfStats {
  /** Streams, or reports of one, that were counted in an overflow series. */
  private readonly series: Counter = new Counter("telemetry.series_overflow");
  /** Workloads and pairs of principals that did not fit into their tables. */
  private readonly workloads: Counter = new Counter("telemetry.workloads_overflow");
  private readonly principals: Counter = new Counter("telemetry.principals_overflow");
  /** Values of expressions. */
  private readonly values: Counter = new Counter("telemetry.values_overflow");
  /** Requests whose host is neither allowed nor known when the table is full. */
  private readonly hosts: Counter = new Counter("telemetry.hosts_other");

  constructor(
    private readonly tables: Tables,
    private readonly groups: Array<MetricGroup>,
  ) {}

  /** Adds what has happened since the last time. */
  flush(): void {
    for (let i = 0; i < this.groups.length; i++) {
      const group = unchecked(this.groups[i]);
      this.series.increment(group.overflowed);
      group.overflowed = 0;
    }
    const tables = this.tables;
    this.workloads.increment(tables.workloads.overflowed);
    tables.workloads.overflowed = 0;
    this.principals.increment(tables.principals.overflowed);
    tables.principals.overflowed = 0;
    this.hosts.increment(tables.services.others);
    tables.services.others = 0;
    for (let i = 0; i < tables.dimensions.length; i++) {
      const values = unchecked(tables.dimensions[i]).values;
      this.values.increment(values.overflowed);
      values.overflowed = 0;
    }
  }
}
