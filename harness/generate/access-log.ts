import type { TelemetrySpec } from "../resources/index.js";
import { isForMode, LOG_PROVIDER, type ReportMode, type Telemetry } from "./telemetry.js";

type AccessLogging = NonNullable<TelemetrySpec["accessLogging"]>[number];

/** Envoy's access log: whether to write it, and for which requests. */
export interface AccessLog {
  /** CEL; null for all of them. */
  readonly expression: string | null;
  readonly by: Telemetry;
}

/**
 * The access log of one side, as Istio's control plane makes it; null when no resource asks for it, or the last one to speak
 * turns it off.
 *
 * A list of providers takes the place of those of wider scopes. An entry without one is for the providers of the entry before,
 * whichever side that is for. Which requests are logged is for the last entry to say that names the provider.
 */
export function accessLog(applied: readonly Telemetry[], mode: ReportMode): AccessLog | null {
  const scopes = applied.map((resource) => ({ resource, entries: resource.spec.accessLogging ?? [] }));
  const isSpeaking = ({ match }: AccessLogging) => isForMode(match?.mode, mode);
  const naming = scopes
    .map(({ entries }) => entries.filter((entry) => isSpeaking(entry) && namesOf(entry).length > 0))
    .filter((entries) => entries.length > 0);
  if (naming.length > 0 && !naming.at(-1).some(asksForLog)) return null;

  const decisive = naming.flat().filter(asksForLog).at(-1);
  const expression = decisive?.filter?.expression ?? null;
  let isInherited = true;
  let log: AccessLog | null = null;
  for (const { resource, entries } of scopes) {
    for (const entry of entries) {
      if (namesOf(entry).length > 0) isInherited = asksForLog(entry);
      if (isInherited && isSpeaking(entry))
        log = entry.disabled === true ? null : { expression, by: resource };
    }
  }
  return log;
}

function namesOf({ providers = [] }: AccessLogging): readonly string[] {
  return providers.map(({ name }) => name.toLowerCase());
}

function asksForLog(entry: AccessLogging): boolean {
  return namesOf(entry).includes(LOG_PROVIDER);
}

/** Whether an entry says which requests to log, and Istio does not hear it, for it names no provider. */
export function hasLostFilter({ spec }: Telemetry): boolean {
  return (spec.accessLogging ?? []).some((entry) => entry.filter && namesOf(entry).length === 0);
}
