import {
  ClusterRbacConfig,
  type ClusterRbacConfigSpec,
  type Resource,
  type Resources,
} from "../resources/index.js";
import type { Notes } from "./note.js";
import { selectorOf, type Services } from "./services.js";
import { security, type Labels, type Written } from "./written.js";

export interface RbacOptions {
  readonly rootNamespace: string;
  /** Only this namespace is migrated; what holds for the mesh is written for it alone. */
  readonly namespace?: string;
  /** Roles are migrated even where nothing says for whom authorization was on. */
  readonly allowNoClusterRbacConfig?: boolean;
  /** Leave out conditions whose value is `*`, as istioctl did, rather than asking for any value. */
  readonly dropWildcards?: boolean;
}

export const DRY_RUN: Labels = { "istio.io/dry-run": "true" };

/** Where authorization was on. */
export interface Scope {
  /** The policies that say so today. */
  readonly policies: readonly Written[];
  /** Which workloads of a namespace a role could be for: all, or those with one of these label sets. */
  enabledIn(namespace: string): "all" | readonly Labels[];
  /** The whole of it was a rehearsal. */
  readonly dryRun: boolean;
}

/** What ClusterRbacConfig amounts to; undefined when there is none, and there must be one. */
export function scopeOf(
  resources: Resources,
  services: Services,
  notes: Notes,
  options: RbacOptions,
): Scope | undefined {
  const configs = resources.of(ClusterRbacConfig);
  const config = configs.find(({ name }) => name === "default");
  for (const other of configs.filter((one) => one !== config))
    notes.add("lost", other, "only the ClusterRbacConfig default was obeyed; this one is left out");
  if (config === undefined)
    return options.allowNoClusterRbacConfig
      ? { policies: [], enabledIn: () => "all", dryRun: false }
      : undefined;
  const { enforcementMode, enforcement_mode } = config.spec;
  const dryRun = (enforcementMode ?? enforcement_mode) === "PERMISSIVE";
  if (dryRun)
    notes.add("info", config, "PERMISSIVE becomes the annotation istio.io/dry-run: nothing is refused");
  return { ...modes(config, services, notes, options, dryRun), dryRun };
}

function modes(
  config: Resource<ClusterRbacConfigSpec>,
  services: Services,
  notes: Notes,
  options: RbacOptions,
  dryRun: boolean,
): Omit<Scope, "dryRun"> {
  const { mode = "OFF", inclusion = {}, exclusion = {} } = config.spec;
  const only = options.namespace;
  const comment = `Migrated from ${config.title} (${config.where}), mode ${mode}.`;
  const policy = (name: string, namespace: string, spec: Written["spec"], what: string): Written[] =>
    only !== undefined && namespace !== only
      ? []
      : [
          security(
            "AuthorizationPolicy",
            name,
            namespace,
            spec,
            `${comment}\n${what}`,
            dryRun ? DRY_RUN : undefined,
          ),
        ];
  const everywhere = (verb: "deny" | "allow", spec: Written["spec"], what: string): Written[] =>
    only === undefined
      ? policy(`generated-global-${verb}-all`, options.rootNamespace, spec, what)
      : policy(`generated-namespace-${verb}-all`, only, spec, what);
  const ofServices = (names: readonly string[]) =>
    names.flatMap((name) => serviceOf(config, name, services, notes));
  const allow = { rules: [{}] };
  const denyText = "Allows nothing, so that only what other policies allow passes.";
  const allowText = "Allows everything.";
  switch (mode) {
    case "OFF":
      return { policies: everywhere("allow", allow, allowText), enabledIn: () => "all" };
    case "ON":
      return { policies: everywhere("deny", {}, denyText), enabledIn: () => "all" };
    case "ON_WITH_INCLUSION": {
      const included = ofServices(inclusion.services ?? []);
      const namespaces = inclusion.namespaces ?? [];
      return {
        policies: [
          ...included.flatMap(({ name, namespace, selector }) =>
            policy(
              `generated-service-${name}-deny-all`,
              namespace,
              { selector: { matchLabels: selector } },
              denyText,
            ),
          ),
          ...namespaces.flatMap((namespace) =>
            policy("generated-namespace-deny-all", namespace, {}, denyText),
          ),
        ],
        enabledIn: (namespace) =>
          namespaces.includes(namespace)
            ? "all"
            : included.filter((one) => one.namespace === namespace).map(({ selector }) => selector),
      };
    }
    case "ON_WITH_EXCLUSION": {
      const excluded = exclusion.namespaces ?? [];
      const isExcluded = only !== undefined && excluded.includes(only);
      return {
        policies: [
          ...ofServices(exclusion.services ?? []).flatMap(({ name, namespace, selector }) =>
            policy(
              `generated-service-${name}-allow-all`,
              namespace,
              { ...allow, selector: { matchLabels: selector } },
              allowText,
            ),
          ),
          ...(isExcluded ? [] : everywhere("deny", {}, denyText)),
          ...excluded.flatMap((namespace) =>
            policy("generated-namespace-allow-all", namespace, allow, allowText),
          ),
        ],
        enabledIn: () => "all",
      };
    }
  }
}

function serviceOf(
  config: Resource<ClusterRbacConfigSpec>,
  host: string,
  services: Services,
  notes: Notes,
): { name: string; namespace: string; selector: Labels }[] {
  const [name = "", namespace] = host.split(".");
  if (host.includes("*") || namespace === undefined) {
    const why = namespace === undefined ? "it names no namespace" : "wildcards were not supported there";
    notes.add(
      "error",
      config,
      `the service ${JSON.stringify(host)} of ClusterRbacConfig cannot be migrated: ${why}`,
    );
    return [];
  }
  const service = services.get(namespace, name);
  const selector = service && selectorOf(service);
  if (selector === undefined) {
    notes.add(
      "error",
      config,
      service === undefined
        ? `there is no Service ${namespace}/${name}; give its YAML, because the workloads' labels are in it`
        : `${service.title} has no selector: a policy for it would be for the whole namespace`,
    );
    return [];
  }
  if (service !== undefined && config.spec.mode === "ON_WITH_EXCLUSION")
    for (const other of services.besides(service))
      notes.add(
        "changed",
        config,
        `${service.title} is excluded with all ports of its workloads, those of ${other.title} too`,
      );
  return [{ name, namespace, selector }];
}
