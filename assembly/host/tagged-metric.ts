// SPDX-License-Identifier: Apache-2.0
import { MetricType, Status } from "../abi/enums";
import { proxy_define_metric, proxy_increment_metric, proxy_record_metric } from "../abi/imports";
import { OUT } from "../abi/memory";
import { Bytes } from "../text/bytes";
import { ByteWriter } from "../text/writer";
import { Counter } from "./metric";
import { SeriesTable, UNDEFINED } from "./series-table";
import { writeTagValue } from "./tag-value";

/** Series that one metric may have in a VM unless it says otherwise: each takes memory in Envoy for ever. */
const DEFAULT_LIMIT: i32 = 1024;
/** Ends a value, see `writeTagValue`. */
const END: u8 = 0x3b;
/** What every tag of a value is that came when a metric had all the series it may have. */
const OVERFLOW: string = "overflow";

// @ts-ignore: decorator
@lazy
const overflows = new Counter("tremula.metric_overflow");

/**
 * A metric with tags (labels), one series for each combination of their values:
 *
 *     const requests = new TaggedCounter("requests", ["method", "code"]);
 *     …
 *     requests.with(method).with(code).increment();
 *
 * Values are given in the order of the names; one that is not given is empty. The ABI has no tags, so they go into the
 * name of the statistic as Istio's do, `wasmcustom.method=.=GET;.;code=.=200;.;requests`, and Envoy takes them out of it
 * by the rules of its `stats_config.stats_tags`, which `statsTags` of the harness writes. Without the rules the name stays
 * as it is.
 *
 * When there are more combinations than `limit`, further ones are counted together, with all values `overflow`, and in
 * `wasmcustom.tremula.metric_overflow`. A series that is there costs no allocation.
 */
abstract class TaggedMetric {
  private readonly table: SeriesTable;
  /** What stands before each value, and before the name of the metric. */
  private readonly parts: StaticArray<Bytes>;
  /** The values that have been given, each ended by a semicolon, which none contains: what tells a series from others. */
  private readonly key: ByteWriter = new ByteWriter(128);
  private given: i32 = 0;

  constructor(
    private readonly type: MetricType,
    name: string,
    tags: string[],
    limit: i32,
  ) {
    this.table = new SeriesTable(limit);
    const count = tags.length;
    const parts = new StaticArray<Bytes>(count + 1);
    for (let i = 0; i < count; i++) parts[i] = Bytes.fromString(`${i > 0 ? ";.;" : ""}${tags[i]}=.=`);
    parts[count] = Bytes.fromString(`${count > 0 ? ";.;" : ""}${name}`);
    this.parts = parts;
  }

  /** For `with`: takes the value of the next tag. */
  protected give(value: Bytes): void {
    const given = this.given;
    if (given == this.parts.length - 1) return;
    const key = this.key;
    if (given == 0) key.clear();
    writeTagValue(key, value);
    key.writeByte(END);
    this.given = given + 1;
  }

  /** The id of the series whose values have been given, or `UNDEFINED`. */
  protected series(): i64 {
    const tags = this.parts.length - 1;
    if (this.given == 0) this.key.clear();
    while (this.given < tags) this.give(Bytes.EMPTY);
    this.given = 0;
    const key = this.key.view();
    const known = this.table.find(key);
    if (known != UNDEFINED) return known;
    if (this.table.isFull) return this.overflow();
    const id = this.define(key);
    if (id != UNDEFINED) this.table.add(key.copy(), <u32>id);
    return id;
  }

  private overflow(): i64 {
    overflows.increment();
    if (this.table.overflow == UNDEFINED) {
      this.key.clear();
      for (let i = 1; i < this.parts.length; i++) this.key.write(OVERFLOW).writeByte(END);
      this.table.overflow = this.define(this.key.view());
    }
    return this.table.overflow;
  }

  private define(key: Bytes): i64 {
    const tags = this.parts.length - 1;
    const line = new ByteWriter(128);
    let from = 0;
    for (let i = 0; i < tags; i++) {
      const end = key.indexOfByte(END, from);
      line.write(unchecked(this.parts[i])).write(key.slice(from, end));
      from = end + 1;
    }
    const name = line.write(unchecked(this.parts[tags])).view();
    const status = proxy_define_metric(this.type, name.ptr, <usize>name.length, OUT);
    return status == Status.Ok ? <i64>load<u32>(OUT) : UNDEFINED;
  }
}

/** A counter with a series for each combination of tag values. See docs/metrics.md for the rules that Envoy needs to show tags as such. */
@final
export class TaggedCounter extends TaggedMetric {
  /** @param limit how many series it may have in this VM */
  constructor(name: string, tags: string[], limit: i32 = DEFAULT_LIMIT) {
    super(MetricType.Counter, name, tags, limit);
  }

  /** Gives the value of the next tag. */
  with<T>(value: T): TaggedCounter {
    this.give(Bytes.of<T>(value));
    return this;
  }

  /** Adds `delta` to the series whose values have been given; 0 is nothing to do. */
  increment(delta: u32 = 1): Status {
    const id = this.series();
    if (id == UNDEFINED) return Status.InternalFailure;
    return delta == 0 ? Status.Ok : proxy_increment_metric(<u32>id, <i64>delta);
  }
}

/** A gauge with a series for each combination of tag values. See docs/metrics.md for the rules that Envoy needs to show tags as such. */
@final
export class TaggedGauge extends TaggedMetric {
  /** @param limit how many series it may have in this VM */
  constructor(name: string, tags: string[], limit: i32 = DEFAULT_LIMIT) {
    super(MetricType.Gauge, name, tags, limit);
  }

  /** Gives the value of the next tag. */
  with<T>(value: T): TaggedGauge {
    this.give(Bytes.of<T>(value));
    return this;
  }

  /** Adds `delta`, which may be negative. */
  add(delta: i64): Status {
    const id = this.series();
    return id == UNDEFINED ? Status.InternalFailure : proxy_increment_metric(<u32>id, delta);
  }

  /** Makes this the value of the series. */
  set(value: u64): Status {
    const id = this.series();
    return id == UNDEFINED ? Status.InternalFailure : proxy_record_metric(<u32>id, value);
  }
}

/** A histogram with a series for each combination of tag values. See docs/metrics.md for the rules that Envoy needs to show tags as such. */
@final
export class TaggedHistogram extends TaggedMetric {
  /** @param limit how many series it may have in this VM */
  constructor(name: string, tags: string[], limit: i32 = DEFAULT_LIMIT) {
    super(MetricType.Histogram, name, tags, limit);
  }

  /** Gives the value of the next tag. */
  with<T>(value: T): TaggedHistogram {
    this.give(Bytes.of<T>(value));
    return this;
  }

  /** Records one value, in whatever unit the name says. */
  record(value: u64): Status {
    const id = this.series();
    return id == UNDEFINED ? Status.InternalFailure : proxy_record_metric(<u32>id, value);
  }
}
