// SPDX-License-Identifier: Apache-2.0
import { Label } from "../labels/label";
import { Metric, Moment, Quantity } from "./metric";
import { NO_EXPRESSION } from "./tag";

/** What the metrics of one moment need to know of a stream: what none of them has is not asked for. */
@final
export class Needs {
  readonly source: bool;
  readonly destination: bool;
  readonly principals: bool;
  readonly service: bool;
  readonly code: bool;
  readonly flags: bool;
  readonly grpcStatus: bool;
  readonly security: bool;
  /** Numbers of the expressions whose value is a label. */
  readonly expressions: Array<i32> = [];

  constructor(metrics: Array<Metric>) {
    this.source =
      hasAny(metrics, Label.SourceWorkload, Label.SourceWorkloadNamespace) ||
      hasAny(metrics, Label.SourceApp, Label.SourceCluster);
    this.destination =
      hasAny(metrics, Label.DestinationWorkload, Label.DestinationWorkloadNamespace) ||
      hasAny(metrics, Label.DestinationApp, Label.DestinationVersion) ||
      hasAny(metrics, Label.DestinationServiceNamespace, Label.DestinationCluster);
    this.principals =
      hasAny(metrics, Label.SourcePrincipal, Label.SourcePrincipal) ||
      hasAny(metrics, Label.DestinationPrincipal, Label.DestinationPrincipal);
    this.service = hasAny(metrics, Label.DestinationService, Label.DestinationServiceNamespace);
    this.code = hasAny(metrics, Label.ResponseCode, Label.ResponseCode);
    this.flags = hasAny(metrics, Label.ResponseFlags, Label.ResponseFlags);
    this.grpcStatus = hasAny(metrics, Label.GrpcResponseStatus, Label.GrpcResponseStatus);
    this.security = hasAny(metrics, Label.ConnectionSecurityPolicy, Label.ConnectionSecurityPolicy);
    for (let i = 0; i < metrics.length; i++) {
      const tags = metrics[i].tags;
      for (let j = 0; j < tags.length; j++) {
        const expression = tags[j].expression;
        if (tags[j].removed || expression == NO_EXPRESSION || this.expressions.includes(expression)) continue;
        this.expressions.push(expression);
      }
    }
  }
}

/** Whether any metric has any of the standard labels from the one to the other. */
function hasAny(metrics: Array<Metric>, first: Label, last: Label): bool {
  for (let i = 0; i < metrics.length; i++) {
    for (let label: i32 = first; label <= last; label++) if (metrics[i].has(label)) return true;
  }
  return false;
}

/** Of a moment, those that are not dropped. */
export function metricsOf(metrics: Array<Metric>, moment: Moment): Array<Metric> {
  const kept = new Array<Metric>();
  for (let i = 0; i < metrics.length; i++) {
    if (metrics[i].moment == moment && !metrics[i].dropped) kept.push(metrics[i]);
  }
  return kept;
}

/** Whether any of these records a quantity. */
export function records(metrics: Array<Metric>, quantity: Quantity): bool {
  for (let i = 0; i < metrics.length; i++) if (metrics[i].quantity == quantity) return true;
  return false;
}
