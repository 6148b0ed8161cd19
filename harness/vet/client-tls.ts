import {
  DestinationRule,
  type DestinationRuleSpec,
  type Path,
  type Resource,
  type TrafficPolicy,
} from "../resources/index.js";
import { servicesOf } from "./hosts.js";
import type { Mesh, MeshPort } from "./mesh.js";
import type { Workload } from "./workload.js";

export type TlsMode = "DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL";

/** A place of a DestinationRule that says how to connect to some ports. */
export interface ClientTls {
  readonly rule: Resource<DestinationRuleSpec>;
  readonly path: Path;
  readonly mode: TlsMode;
  /** Whether it holds for a port of the Service. */
  readonly holdsFor: (port: number) => boolean;
}

/** Every place of every DestinationRule that says so. */
export function* clientTls(mesh: Mesh): Generator<ClientTls> {
  for (const rule of mesh.resources.of(DestinationRule)) {
    yield* ofPolicy(rule, rule.spec.trafficPolicy, ["spec", "trafficPolicy"]);
    for (const [index, { trafficPolicy }] of (rule.spec.subsets ?? []).entries())
      yield* ofPolicy(rule, trafficPolicy, ["spec", "subsets", index, "trafficPolicy"]);
  }
}

function* ofPolicy(
  rule: Resource<DestinationRuleSpec>,
  policy: TrafficPolicy | undefined,
  path: Path,
): Generator<ClientTls> {
  const perPort = new Set((policy?.portLevelSettings ?? []).map(({ port }) => port?.number));
  // A port's settings take the place of the general ones, even where they say nothing of TLS.
  const mode = policy?.tls?.mode;
  if (mode !== undefined)
    yield { rule, path: [...path, "tls", "mode"], mode, holdsFor: (port) => !perPort.has(port) };
  for (const [index, { port, tls }] of (policy?.portLevelSettings ?? []).entries())
    if (tls?.mode !== undefined)
      yield {
        rule,
        path: [...path, "portLevelSettings", index, "tls", "mode"],
        mode: tls.mode,
        holdsFor: (number) => number === port?.number,
      };
}

/** The workloads, each with its port, that a DestinationRule's setting connects to. */
export function* reached(
  mesh: Mesh,
  { rule, holdsFor }: ClientTls,
): Generator<{ port: MeshPort; workload: Workload }> {
  for (const service of servicesOf(mesh, rule.spec.host ?? "", rule.namespace))
    for (const port of mesh.portsOf(service))
      if (holdsFor(port.port.port) && port.converted.protocol !== "UDP")
        for (const workload of mesh.behind(service)) yield { port, workload };
}
