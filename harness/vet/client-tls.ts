import {
  DestinationRule,
  type DestinationRuleSpec,
  type Path,
  type Resource,
  type ServiceSpec,
  type TrafficPolicy,
} from "../resources/index.js";
import { covers, fullHost, hostOf, servicesOf } from "./hosts.js";
import type { Mesh, MeshPort } from "./mesh.js";
import { selects, type LabelMap, type Workload } from "./workload.js";

type Rule = Resource<DestinationRuleSpec>;

export type TlsMode = "DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL";

/** A place of a DestinationRule that says how to connect to some ports. */
export interface ClientTls {
  readonly rule: Rule;
  readonly path: Path;
  readonly mode: TlsMode;
  /** Whether it holds for a port of the Service. */
  readonly holdsFor: (port: number) => boolean;
  /** The labels of a subset, which is for the workloads that have them. */
  readonly labels: LabelMap;
}

/** Every place of every DestinationRule that says so. */
export function* clientTls(mesh: Mesh): Generator<ClientTls> {
  for (const rule of mesh.resources.of(DestinationRule)) {
    yield* ofPolicy(rule, rule.spec.trafficPolicy, ["spec", "trafficPolicy"], {});
    for (const [index, { trafficPolicy, labels = {} }] of (rule.spec.subsets ?? []).entries())
      yield* ofPolicy(rule, trafficPolicy, ["spec", "subsets", index, "trafficPolicy"], labels);
  }
}

function* ofPolicy(
  rule: Rule,
  policy: TrafficPolicy | undefined,
  path: Path,
  labels: LabelMap,
): Generator<ClientTls> {
  const perPort = new Set((policy?.portLevelSettings ?? []).map(({ port }) => port?.number));
  // A port's settings take the place of the general ones, even where they say nothing of TLS.
  const mode = policy?.tls?.mode;
  if (mode !== undefined)
    yield { rule, path: [...path, "tls", "mode"], mode, holdsFor: (port) => !perPort.has(port), labels };
  for (const [index, { port, tls }] of (policy?.portLevelSettings ?? []).entries())
    if (tls?.mode !== undefined)
      yield {
        rule,
        path: [...path, "portLevelSettings", index, "tls", "mode"],
        mode: tls.mode,
        holdsFor: (number) => number === port?.number,
        labels,
      };
}

/** The workloads, each with its port, that a DestinationRule's setting connects to. */
export function* reached(
  mesh: Mesh,
  { rule, holdsFor, labels }: ClientTls,
): Generator<{ port: MeshPort; workload: Workload }> {
  const more = rule.spec.workloadSelector === undefined ? narrower(mesh, rule) : [];
  for (const service of servicesOf(mesh, rule.spec.host ?? "", rule.namespace)) {
    if (more.some((other) => isFor(other, rule, service))) continue;
    for (const port of mesh.portsOf(service))
      if (holdsFor(port.port.port) && port.converted.protocol !== "UDP")
        for (const workload of mesh.behind(service))
          if (selects(labels, workload.labels)) yield { port, workload };
  }
}

/** The rules that take the place of a rule for a wildcard, or of the root namespace, for hosts of their own. */
function narrower(mesh: Mesh, rule: Rule): readonly Rule[] {
  const { host = "" } = rule.spec;
  if (!host.startsWith("*") && rule.namespace !== mesh.rootNamespace) return [];
  return mesh.resources
    .of(DestinationRule)
    .filter((other) => other !== rule && other.spec.workloadSelector === undefined);
}

/**
 * Whether a client takes another rule for a Service: Istio looks into the client's namespace, then into the Service's, then
 * into the root namespace, and in each takes the rule with the longest host.
 */
function isFor(other: Rule, rule: Rule, service: Resource<ServiceSpec>): boolean {
  const [host, own] = [other, rule].map(({ spec, namespace }) => fullHost(spec.host ?? "", namespace)) as [
    string,
    string,
  ];
  if (!covers(host, hostOf(service))) return false;
  if (other.namespace === rule.namespace)
    return own.startsWith("*") && (!host.startsWith("*") || host.length > own.length);
  const { exportTo = ["*"] } = other.spec;
  return other.namespace === service.namespace && (exportTo.length === 0 || exportTo.includes("*"));
}
