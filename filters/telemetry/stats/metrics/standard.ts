// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { MetricType } from "tremula/assembly/abi/enums";
import { MESSAGE_LABELS, REQUEST_LABELS, TCP_LABELS } from "../labels/label";
import { Metric, Moment, Quantity } from "./metric";

/** Istio's standard metrics, with all the labels that they have there. */
export function standardMetrics(): Array<Metric> {
  return [
    request("requests_total", Quantity.One),
    request("request_duration_milliseconds", Quantity.Duration, MetricType.Histogram),
    request("request_bytes", Quantity.RequestBytes, MetricType.Histogram),
    request("response_bytes", Quantity.ResponseBytes, MetricType.Histogram),
    messages("request_messages_total", Quantity.RequestMessages),
    messages("response_messages_total", Quantity.ResponseMessages),
    connection("tcp_sent_bytes_total", Quantity.SentBytes),
    connection("tcp_received_bytes_total", Quantity.ReceivedBytes),
    connection("tcp_connections_opened_total", Quantity.Opened),
    connection("tcp_connections_closed_total", Quantity.Closed),
  ];
}

function request(name: string, quantity: Quantity, type: MetricType = MetricType.Counter): Metric {
  return new Metric(Bytes.of(name), type, Moment.Request, quantity, REQUEST_LABELS);
}

function messages(name: string, quantity: Quantity): Metric {
  return new Metric(Bytes.of(name), MetricType.Counter, Moment.Messages, quantity, MESSAGE_LABELS);
}

function connection(name: string, quantity: Quantity): Metric {
  return new Metric(Bytes.of(name), MetricType.Counter, Moment.Connection, quantity, TCP_LABELS);
}
