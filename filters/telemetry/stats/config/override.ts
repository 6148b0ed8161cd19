// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonMap, JsonObject } from "tremula/assembly";
import { Dimension } from "../cel/dimension";
import { Metric } from "../metrics/metric";
import { NO_EXPRESSION, Tag } from "../metrics/tag";
import { numberOf } from "./expressions";
import { bareName, isMetricName } from "./name";

/**
 * Applies one of `metrics` to the metrics of its name, or to all: `drop`, then `tags_to_remove`, then `dimensions` in the order of
 * their names. Later ones win. A label whose expression does not compile goes, as in Istio.
 */
export function applyOverride(
  object: JsonObject,
  metrics: Array<Metric>,
  dimensions: Array<Dimension>,
  limit: i32,
): void {
  const name = bareName(object.stringOr("name", Bytes.EMPTY));
  const drop = object.boolOr("drop", false);
  const removed = object.arrayOrEmpty("tags_to_remove");
  const added = object.mapOrEmpty("dimensions");
  // Reserved in Istio's message and without effect there.
  object.ignore("match");
  const order = sorted(added);
  const expressions = new Array<i32>();
  for (let j = 0; j < order.length; j++) {
    const at = order[j];
    if (!isMetricName(added.key(at))) added.refuse(at, "the label must be letters, digits and underscores");
    expressions.push(numberOf(added.string(at), dimensions, limit));
  }
  let found = false;
  for (let i = 0; i < metrics.length; i++) {
    const metric = metrics[i];
    if (!name.isEmpty && !metric.name.equals(name)) continue;
    found = true;
    if (drop) metric.dropped = true;
    for (let j = 0; j < removed.length; j++) {
      const tag = metric.find(removed.string(j));
      if (tag !== null) tag.removed = true;
    }
    for (let j = 0; j < order.length; j++) {
      setTag(metric.tag(added.key(order[j])), expressions[j]);
    }
  }
  if (!found) object.refuse("name", "there is no such metric");
}

function setTag(tag: Tag, expression: i32): void {
  tag.removed = expression == NO_EXPRESSION;
  tag.expression = expression;
}

/** Indexes in the order of names. */
function sorted(map: JsonMap): Array<i32> {
  const order = new Array<i32>();
  for (let i = 0; i < map.length; i++) {
    const key = map.key(i);
    let at = order.length;
    order.push(i);
    for (; at > 0 && map.key(order[at - 1]).compare(key) > 0; at--) order[at] = order[at - 1];
    order[at] = i;
  }
  return order;
}
