// SPDX-License-Identifier: Apache-2.0
import { ResponseAttributes } from "tremula/assembly";
import { HttpStats } from "../http";
import { Protocol } from "../labels/label";
import { MetricGroup } from "../metrics/group";
import { Quantity } from "../metrics/metric";
import { readMessageCounts, requestMessages, responseMessages } from "./grpc";
import { Surroundings } from "./surroundings";

/** Records messages of gRPC calls, each time those that came since the last. */
@final
export class MessageRecorder {
  constructor(
    private readonly group: MetricGroup,
    private readonly around: Surroundings,
  ) {}

  /** Whether there is anything to record. */
  get isUsed(): bool {
    return this.group.metrics.length > 0;
  }

  /** Whether labels have expressions, which must be evaluated before the timer runs. */
  get hasExpressions(): bool {
    return this.isUsed && this.group.needs.expressions.length > 0;
  }

  /** In a callback of the stream: what the expressions on labels are, as far as no callback before this one knew. */
  evaluate(stream: HttpStats): void {
    if (this.group.needs.expressions.length > 0) {
      stream.values = this.around.evaluateMissing(this.group.needs, stream, stream.values);
    }
  }

  /**
   * While the call runs; its context is effective. Until there is a response the server may still say who it is.
   */
  report(stream: HttpStats): void {
    if (readMessageCounts() && ResponseAttributes.code >= 0) this.record(stream);
  }

  /** In `onLog`. */
  finish(stream: HttpStats): void {
    if (!this.isUsed || !readMessageCounts()) return;
    if (stream.requestMessages == 0 && stream.responseMessages == 0) this.evaluate(stream);
    this.record(stream);
  }

  /** The counts that were read are those of the stream. */
  private record(stream: HttpStats): void {
    const requests = requestMessages - min(stream.requestMessages, requestMessages);
    const responses = responseMessages - min(stream.responseMessages, responseMessages);
    if (requests == 0 && responses == 0) return;
    stream.requestMessages = requestMessages;
    stream.responseMessages = responseMessages;
    const around = this.around;
    const sample = around.sample;
    const needs = this.group.needs;
    const connection = around.begin();
    sample.protocol = Protocol.Grpc;
    around.fill(needs, connection, stream.downstream, stream.upstream);
    if (needs.service) sample.service = around.destination.ofRequest(sample.reporter, stream.host);
    around.restore(stream.values);
    this.group.select(sample);
    const metrics = this.group.metrics;
    for (let i = 0; i < metrics.length; i++) {
      const isRequest = unchecked(metrics[i]).quantity == Quantity.RequestMessages;
      const count = isRequest ? requests : responses;
      if (count > 0) this.group.add(i, count, sample);
    }
  }
}
