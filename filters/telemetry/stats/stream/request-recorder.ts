// SPDX-License-Identifier: Apache-2.0
import { RequestAttributes, ResponseAttributes } from "tremula/assembly";
import { HttpStats } from "../http";
import { Protocol } from "../labels/label";
import { MetricGroup } from "../metrics/group";
import { Quantity } from "../metrics/metric";
import { NO_GRPC_STATUS } from "../metrics/sample";
import { grpcStatusOf } from "./grpc";
import { Surroundings } from "./surroundings";

const NANOSECONDS: i64 = 1_000_000;

/** Records requests when they are over. Each question to the host is asked only if a metric needs the answer. */
@final
export class RequestRecorder {
  constructor(
    private readonly group: MetricGroup,
    private readonly around: Surroundings,
  ) {}

  /** In `onLog`. */
  record(context: HttpStats, grpc: bool): void {
    const group = this.group;
    const needs = group.needs;
    const sample = this.around.sample;
    if (group.metrics.length == 0) return;
    const connection = this.around.begin();
    sample.protocol = grpc ? Protocol.Grpc : Protocol.Http;
    this.around.fill(needs, connection, context.downstream, context.upstream);
    if (needs.service) sample.service = this.around.destination.ofRequest(sample.reporter, null);
    // Absent when the client has gone before there was a response: 0, as in Istio.
    if (needs.code) sample.code = <u32>max<i64>(ResponseAttributes.code, 0);
    if (needs.flags) sample.flags = <u64>max<i64>(ResponseAttributes.flags, 0);
    const hasStatus = grpc && needs.grpcStatus;
    sample.grpcStatus = hasStatus ? grpcStatusOf(ResponseAttributes.grpcStatus) : NO_GRPC_STATUS;
    this.around.evaluate(needs, context);
    group.select(sample);
    for (let i = 0; i < group.metrics.length; i++) this.add(i, context);
  }

  private add(column: i32, context: HttpStats): void {
    const metric = unchecked(this.group.metrics[column]);
    let value: i64 = 1;
    switch (metric.quantity) {
      case Quantity.Duration:
        value = RequestAttributes.duration;
        // Absent when the stream broke off before it was complete.
        if (value < 0) return;
        value /= NANOSECONDS;
        break;
      case Quantity.RequestBytes:
        value = max<i64>(RequestAttributes.totalSize, 0);
        break;
      case Quantity.ResponseBytes:
        value = max<i64>(ResponseAttributes.totalSize, 0);
        break;
      case Quantity.Expression:
        value = this.around.integer(metric.expression, context);
        if (value < 0) return;
        break;
      default:
        break;
    }
    this.group.add(column, <u64>value, this.around.sample);
  }
}
