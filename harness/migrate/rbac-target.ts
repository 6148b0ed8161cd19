import type { Resource, ServiceRoleSpec } from "../resources/index.js";
import type { Notes } from "./note.js";
import type { Scope } from "./rbac-scope.js";
import { selectorOf, type Services } from "./services.js";
import type { Labels } from "./written.js";

type Rule = NonNullable<ServiceRoleSpec["rules"]>[number];

/** A constraint on the workload, which is a selector today. */
export const LABEL = /^destination\.labels\[(.+)\]$/;

/**
 * The workloads that a service of a ServiceRole's rule means, each as labels; none of them for the whole namespace.
 */
export function selectorsOf(
  role: Resource<ServiceRoleSpec>,
  service: string,
  { constraints = [] }: Rule,
  services: Services,
  scope: Scope,
  notes: Notes,
): Labels[] {
  const named = namedBy(role, service, services, notes);
  const enabled = scope.enabledIn(role.namespace);
  const inScope = named.flatMap((selector): Labels[] => {
    if (enabled === "all") return [selector];
    // The whole namespace means those of its services for which authorization is on.
    if (Object.keys(selector).length === 0) return [...enabled];
    return enabled.some((one) => same(one, selector)) ? [selector] : [];
  });
  if (named.length > 0 && inScope.length === 0)
    notes.add(
      "info",
      role,
      `the service ${JSON.stringify(service)} was not included in ClusterRbacConfig, where this role had no effect; it is left out`,
    );
  let selectors = inScope;
  for (const { key, values = [] } of constraints) {
    const [, label] = LABEL.exec(key) ?? [];
    if (label === undefined) continue;
    selectors = selectors.flatMap((selector) =>
      values.flatMap((value) => {
        if (value.includes("*")) {
          notes.add(
            "error",
            role,
            `the constraint ${key}: ${JSON.stringify(value)} cannot be said by a selector; it is left out`,
          );
          return [];
        }
        if (selector[label] === undefined || selector[label] === value)
          return [{ ...selector, [label]: value }];
        notes.add(
          "error",
          role,
          `duplicate workload label ${JSON.stringify(label)} with conflict values: ${JSON.stringify(selector[label])}, ${JSON.stringify(value)}`,
        );
        return [];
      }),
    );
  }
  return selectors;
}

function namedBy(role: Resource<ServiceRoleSpec>, host: string, services: Services, notes: Notes): Labels[] {
  if (host === "*") return [{}];
  const known = services.in(role.namespace);
  const [name, namespace = role.namespace] = host.split(".");
  const found = host.startsWith("*")
    ? known.filter((one) => [one.name, fullName(one)].some((text) => text.endsWith(host.slice(1))))
    : host.endsWith("*")
      ? known.filter((one) => fullName(one).startsWith(host.slice(0, -1)))
      : namespace === role.namespace
        ? known.filter((one) => one.name === name)
        : [];
  if (found.length === 0)
    notes.add(
      "error",
      role,
      `no Service of the namespace ${role.namespace} is ${JSON.stringify(host)}; give its YAML, because the workloads' labels are in it`,
    );
  return found.flatMap((service) => {
    const selector = selectorOf(service);
    if (selector !== undefined) {
      for (const other of services.besides(service))
        notes.add(
          "changed",
          role,
          `what is for ${service.title} is for all ports of its workloads today, those of ${other.title} too`,
        );
      return [selector];
    }
    notes.add(
      "error",
      role,
      `${service.title} has no selector: a policy for it would be for the whole namespace`,
    );
    return [];
  });
}

function fullName({ name, namespace }: Resource): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

function same(one: Labels, other: Labels): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
