import { z } from "zod";
import { kind, type SpecOf } from "../kind.js";
import { fields, flag, number, target, text } from "../schema.js";

const mode = z.enum(["CLIENT_AND_SERVER", "CLIENT", "SERVER"]);
const providers = z.array(z.strictObject({ name: text }));

const metricOverride = fields({
  match: fields({
    metric: z.enum([
      "ALL_METRICS",
      "REQUEST_COUNT",
      "REQUEST_DURATION",
      "REQUEST_SIZE",
      "RESPONSE_SIZE",
      "TCP_OPENED_CONNECTIONS",
      "TCP_CLOSED_CONNECTIONS",
      "TCP_SENT_BYTES",
      "TCP_RECEIVED_BYTES",
      "GRPC_REQUEST_MESSAGES",
      "GRPC_RESPONSE_MESSAGES",
    ]),
    customMetric: text,
    mode,
  }),
  disabled: flag,
  tagOverrides: z.record(z.string(), fields({ operation: z.enum(["UPSERT", "REMOVE"]), value: text })),
});

const customTag = fields({
  literal: z.strictObject({ value: text }),
  environment: z.strictObject({ name: text, defaultValue: text.optional() }),
  header: z.strictObject({ name: text, defaultValue: text.optional() }),
  formatter: z.strictObject({ value: text }),
});

/** Istio's Telemetry. */
export const Telemetry = kind({
  kind: "Telemetry",
  group: "telemetry.istio.io",
  versions: ["v1", "v1alpha1"],
  schema: fields({
    ...target,
    metrics: z.array(fields({ providers, overrides: z.array(metricOverride), reportingInterval: text })),
    accessLogging: z.array(
      fields({
        match: fields({ mode }),
        providers,
        disabled: flag,
        filter: fields({ expression: text }),
      }),
    ),
    tracing: z.array(
      fields({
        match: fields({ mode }),
        providers,
        randomSamplingPercentage: number,
        disableSpanReporting: flag,
        disableContextPropagation: flag,
        enableIstioTags: flag,
        useRequestIdForTraceSampling: flag,
        customTags: z.record(z.string(), customTag),
      }),
    ),
  }),
});
export type TelemetrySpec = SpecOf<typeof Telemetry>;
