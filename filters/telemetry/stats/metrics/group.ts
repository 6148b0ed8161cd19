// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from "tremula/assembly";
import { MetricType, Status } from "tremula/assembly/abi/enums";
import {
  proxy_define_metric,
  proxy_increment_metric,
  proxy_record_metric,
} from "tremula/assembly/abi/imports";
import { OUT } from "tremula/assembly/abi/memory";
import { NO_LABEL } from "../labels/label";
import { OVERFLOW_PRINCIPALS } from "../labels/principals";
import { OVERFLOW_SERVICE } from "../labels/services";
import { Tables } from "../labels/tables";
import { OVERFLOW_VALUE } from "../labels/values";
import { OVERFLOW_WORKLOAD } from "../labels/workloads";
import { writeLabel } from "../labels/write-label";
import { Metric } from "./metric";
import { Needs } from "./needs";
import { NO_GRPC_STATUS, Sample } from "./sample";
import { SeriesTable, UNDEFINED } from "./series-table";
import { NO_EXPRESSION, Tag } from "./tag";

/** Words of a key before those of expressions. */
const FIXED_WORDS: i32 = 8;
/** Rows beyond the limit: one for each reporter, protocol and security. */
const OVERFLOW_ROWS: i32 = 27;

/**
 * The metrics that are recorded at one moment, and their series. They have a row together for each set of numbers of a
 * sample. Whatever comes when there are as many rows as there may be counts in rows whose labels say `overflow`, but for
 * those that the proxy itself gives.
 */
@final
export class MetricGroup {
  readonly needs: Needs;
  private readonly table: SeriesTable;
  private readonly key: StaticArray<u32>;
  private row: i32 = 0;
  /** Samples that found no room, since somebody took the number. */
  overflowed: u32 = 0;

  constructor(
    readonly metrics: Array<Metric>,
    private readonly tables: Tables,
    private readonly limit: i32,
  ) {
    const needs = new Needs(metrics);
    const words = FIXED_WORDS + needs.expressions.length;
    this.needs = needs;
    this.key = new StaticArray<u32>(words);
    this.table = new SeriesTable(words, metrics.length);
  }

  /** Chooses the series that `add` counts in. */
  select(sample: Sample): void {
    this.encode(sample);
    let row = this.table.find(this.key);
    if (row < 0) row = this.make(sample);
    this.row = row;
  }

  /** Adds to a counter of the series that `select` chose, or records a value. */
  add(column: i32, value: u64, sample: Sample): void {
    let id = this.table.id(this.row, column);
    if (id == UNDEFINED) {
      id = this.define(column, sample);
      if (id == UNDEFINED) return;
      this.table.setId(this.row, column, id);
    }
    const isCounter = unchecked(this.metrics[column]).type == MetricType.Counter;
    if (!isCounter) proxy_record_metric(id, value);
    else if (value > 0) proxy_increment_metric(id, <i64>value);
  }

  private make(sample: Sample): i32 {
    if (this.table.count < this.limit) return this.table.add(this.key);
    this.overflowed++;
    overflow(sample);
    this.encode(sample);
    const row = this.table.find(this.key);
    if (row >= 0) return row;
    // There are no more than these, whatever peers do.
    return this.table.count < this.limit + OVERFLOW_ROWS ? this.table.add(this.key) : 0;
  }

  private encode(sample: Sample): void {
    const needs = this.needs;
    const key = changetype<usize>(this.key);
    const security = needs.security ? <u32>sample.security : 0;
    store<u32>(key, (<u32>sample.reporter) | ((<u32>sample.protocol) << 8) | (security << 16));
    store<u32>(key, needs.source ? sample.source : 0, 4);
    store<u32>(key, needs.destination ? sample.destination : 0, 8);
    store<u32>(key, needs.principals ? sample.principals : 0, 12);
    store<u32>(key, needs.service ? sample.service : 0, 16);
    const status = needs.grpcStatus ? <u32>(sample.grpcStatus + 1) : 0;
    store<u32>(key, (needs.code ? sample.code : 0) ^ (status << 16), 20);
    store<u64>(key, needs.flags ? sample.flags : 0, 24);
    const expressions = needs.expressions;
    for (let i = 0; i < expressions.length; i++) {
      const value = unchecked(sample.values[unchecked(expressions[i])]);
      unchecked((this.key[FIXED_WORDS + i] = value));
    }
  }

  private define(column: i32, sample: Sample): u32 {
    const metric = unchecked(this.metrics[column]);
    const text = new ByteWriter(1024);
    for (let i = 0; i < metric.tags.length; i++) {
      const tag = unchecked(metric.tags[i]);
      if (tag.removed) continue;
      text.write(tag.name).write("=.=");
      this.writeValue(text, tag, sample);
      text.write(";.;");
    }
    const name = text.write("istio_").write(metric.name).view();
    const status = proxy_define_metric(metric.type, name.ptr, <usize>name.length, OUT);
    return status == Status.Ok ? load<u32>(OUT) : UNDEFINED;
  }

  private writeValue(text: ByteWriter, tag: Tag, sample: Sample): void {
    if (tag.expression != NO_EXPRESSION) {
      const values = unchecked(this.tables.dimensions[tag.expression]).values;
      text.write(values.at(unchecked(sample.values[tag.expression])));
    } else if (tag.label != NO_LABEL) {
      writeLabel(text, tag.label, sample, this.tables);
    }
  }
}

/** Makes a sample one of those that are counted together. */
function overflow(sample: Sample): void {
  sample.source = OVERFLOW_WORKLOAD;
  sample.destination = OVERFLOW_WORKLOAD;
  sample.principals = OVERFLOW_PRINCIPALS;
  sample.service = OVERFLOW_SERVICE;
  sample.code = 0;
  sample.grpcStatus = NO_GRPC_STATUS;
  sample.flags = 0;
  for (let i = 0; i < sample.values.length; i++) unchecked((sample.values[i] = OVERFLOW_VALUE));
}
