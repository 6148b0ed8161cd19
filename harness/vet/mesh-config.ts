import {
  ConfigMap,
  IstioOperator,
  isFields,
  parseYaml,
  type Path,
  type Resource,
  type Resources,
} from "../resources/index.js";

/** Istio's mesh configuration, as far as checks need it. */
export interface MeshConfig {
  readonly values: Readonly<Record<string, unknown>>;
  /** What it was read from; undefined for Istio's defaults. */
  readonly at: Resource | undefined;
  readonly path: Path;
}

/** The mesh configuration from the ConfigMap `istio`, or what was given to the installer. */
export function meshConfigOf(resources: Resources): MeshConfig {
  for (const at of resources.of(ConfigMap)) {
    // `istio-canary` is that of a revision.
    if (at.name !== "istio" && !at.name.startsWith("istio-")) continue;
    const values = record(at.spec.data?.["mesh"]);
    if (values !== undefined) return { values, at, path: ["data", "mesh"] };
  }
  for (const at of resources.of(IstioOperator)) {
    if (at.spec.meshConfig !== undefined)
      return { values: at.spec.meshConfig, at, path: ["spec", "meshConfig"] };
  }
  return { values: {}, at: undefined, path: [] };
}

/** A YAML text as a map; undefined when it is anything else. */
export function record(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = parseYaml(text).toJS();
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
