// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { MetricType } from "tremula/assembly/abi/enums";
import { Dimension } from "../cel/dimension";
import { Metric, Moment, Quantity } from "../metrics/metric";
import { NO_EXPRESSION } from "../metrics/tag";
import { numberOf } from "./expressions";
import { bareName, isMetricName } from "./name";

/** `type` by number, as `stats.MetricType` has it; it happens to be the host's order. */
const TYPES: StaticArray<string> = ["COUNTER", "GAUGE", "HISTOGRAM"];

/**
 * Applies one of `definitions`: a new metric of requests, without labels but those that `metrics` gives it, or another value for
 * a standard one.
 */
export function applyDefinition(
  object: JsonObject,
  metrics: Array<Metric>,
  dimensions: Array<Dimension>,
  limit: i32,
): void {
  const name = bareName(object.string("name"));
  const type: MetricType = object.enumerationOr("type", TYPES, MetricType.Counter);
  const value = object.string("value");
  if (!isMetricName(name)) object.refuse("name", "must be letters, digits and underscores");
  const expression = value.isEmpty ? NO_EXPRESSION : numberOf(value, dimensions, limit);
  if (expression == NO_EXPRESSION) object.refuse("value", "is no expression");
  let metric: Metric | null = null;
  for (let i = 0; i < metrics.length; i++) if (metrics[i].name.equals(name)) metric = metrics[i];
  if (metric === null) {
    metric = new Metric(name.copy(), type, Moment.Request, Quantity.Expression, 0);
    metrics.push(metric);
  } else if (metric.moment != Moment.Request) {
    object.refuse("name", Bytes.of("this standard metric cannot be defined anew"));
  }
  metric.type = type;
  metric.quantity = Quantity.Expression;
  metric.expression = expression;
}
