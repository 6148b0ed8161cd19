import { parse } from "yaml";
import { compile } from "../../harness/build/compile.js";
import { startEnvoy, type RunningEnvoy } from "../../harness/envoy/index.js";
import { FILTERS } from "../../harness/generate/plugin.js";

/** The parts of a generated bootstrap that another one can have as well. */
export interface Generated {
  readonly listeners: readonly (object & { readonly name: string })[];
  readonly clusters: readonly (object & { readonly name: string })[];
}

/** Reads what `tremula generate --target envoy` has written. */
export function generatedParts(text: string): Generated {
  return (parse(text) as { static_resources: Generated }).static_resources;
}

/** One Envoy with the listeners of several bootstraps, whose clusters of the same name are the same; the filters are built. */
export async function startOwn(parts: readonly Generated[]): Promise<RunningEnvoy> {
  for (const filter of FILTERS) await compile({ entry: `filters/${filter}/index.ts` });
  const listeners = parts.flatMap((part) => part.listeners);
  const named = parts.flatMap(({ clusters }) => clusters.map((one) => [one.name, one] as const));
  const clusters = [...new Map(named).values()];
  const config = JSON.stringify({ static_resources: { listeners, clusters } });
  return startEnvoy({ config, logLevel: "error", startTimeoutMs: 120_000 });
}
