import type { Resource, ServiceSpec } from "../resources/index.js";
import type { Mesh } from "./mesh.js";

const DOMAIN = "svc.cluster.local";

/** A host as Istio completes it: a name without dots is a Service of the namespace. */
export function fullHost(host: string, namespace: string): string {
  return host.startsWith("*") || host.includes(".") ? host : `${host}.${namespace}.${DOMAIN}`;
}

export function hostOf({ name, namespace }: Resource): string {
  return `${name}.${namespace}.${DOMAIN}`;
}

/** Whether a host, which may begin with `*`, covers a full one. */
export function covers(host: string, full: string): boolean {
  return host.startsWith("*") ? full.endsWith(host.slice(1)) : host === full;
}

/** The Services that a DestinationRule's host stands for. */
export function servicesOf(mesh: Mesh, host: string, namespace: string): readonly Resource<ServiceSpec>[] {
  const full = fullHost(host, namespace);
  if (full.startsWith("*")) return mesh.services.filter((service) => covers(full, hostOf(service)));
  const service = mesh.serviceOfHost(full, namespace);
  return service === undefined ? [] : [service];
}
