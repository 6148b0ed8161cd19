import type { TelemetrySpec } from "../resources/index.js";
import { nanosecondsOf } from "./duration.js";
import { validateTarget, type Problem } from "./target.js";
import type { Metrics, Override, Telemetry } from "./telemetry.js";

type Tracing = NonNullable<TelemetrySpec["tracing"]>[number];

/** What Istio's validation refuses in a Telemetry. */
export function validateTelemetry({ spec }: Telemetry): Problem[] {
  const { metrics = [], accessLogging = [], tracing = [] } = spec;
  return [
    ...validateTarget(spec),
    ...metrics.flatMap((entry, index) => [
      ...providersProblems(entry, ["metrics", index]),
      ...intervalProblems(entry, ["metrics", index]),
      ...(entry.overrides ?? []).flatMap((override, at) =>
        overrideProblems(override, ["metrics", index, "overrides", at]),
      ),
    ]),
    ...accessLogging.flatMap((entry, index) => providersProblems(entry, ["accessLogging", index])),
    ...tracing.flatMap((entry, index) => [
      ...providersProblems(entry, ["tracing", index]),
      ...samplingProblems(entry, ["tracing", index]),
    ]),
  ];
}

type Place = Problem["path"];

function providersProblems({ providers = [] }: Pick<Metrics, "providers">, path: Place): Problem[] {
  const isNameless = providers.some(({ name }) => name === "");
  return isNameless ? [{ path: [...path, "providers"], message: "a provider has a name" }] : [];
}

function intervalProblems({ reportingInterval }: Metrics, path: Place): Problem[] {
  if (reportingInterval === undefined || nanosecondsOf(reportingInterval) !== null) return [];
  const message = `${JSON.stringify(reportingInterval)} is no duration`;
  return [{ path: [...path, "reportingInterval"], message }];
}

function samplingProblems({ randomSamplingPercentage = 0 }: Tracing, path: Place): Problem[] {
  if (randomSamplingPercentage >= 0 && randomSamplingPercentage <= 100) return [];
  return [{ path: [...path, "randomSamplingPercentage"], message: "a percentage is from 0 to 100" }];
}

function overrideProblems({ match, tagOverrides = {} }: Override, path: Place): Problem[] {
  const at = [...path, "match", "customMetric"];
  return [
    ...(match?.customMetric === "" ? [{ path: at, message: "customMetric has a name" }] : []),
    ...(match?.customMetric !== undefined && match.metric !== undefined
      ? [{ path: at, message: "only one of metric and customMetric may be there" }]
      : []),
    ...Object.entries(tagOverrides).flatMap(([tag, { operation = "UPSERT", value = "" }]) => {
      if ((operation === "UPSERT") === (value !== "")) return [];
      const message = operation === "UPSERT" ? "UPSERT needs a value" : "REMOVE takes no value";
      return [{ path: [...path, "tagOverrides", tag], message }];
    }),
  ];
}
