import { DestinationRule, type Resources } from "../resources/index.js";
import { servicesOf } from "../vet/hosts.js";
import { oldest, type Mesh } from "../vet/mesh.js";
import { selects } from "../vet/workload.js";
import { ownIn, plainProbes, selectorOf, withoutPlainTls } from "./mtls-resources.js";
import { inPlaceOf, security, type Written } from "./written.js";

/** The workloads' own policies that switch mTLS off, with it switched on. */
export function enabled(resources: Resources, namespace: string): Written[] {
  return ownIn(resources, namespace).flatMap((policy): Written[] => {
    const { mtls, portLevelMtls = {}, ...spec } = policy.spec;
    const modes = [mtls?.mode, ...Object.values(portLevelMtls).map(({ mode }) => mode)];
    if (!modes.includes("DISABLE")) return [];
    const on = (mode: string | undefined) => (mode === "DISABLE" ? "PERMISSIVE" : mode);
    const ports = Object.entries(portLevelMtls).map(([port, { mode }]) => [port, { mode: on(mode) }]);
    return [
      inPlaceOf(
        policy,
        security(
          "PeerAuthentication",
          policy.name,
          namespace,
          {
            ...spec,
            ...(mtls && { mtls: { mode: on(mtls.mode) } }),
            ...(ports.length > 0 && {
              portLevelMtls: Object.fromEntries(ports) as Record<string, unknown>,
            }),
          },
          "mTLS was switched off here.",
        ),
      ),
    ];
  });
}

/** The DestinationRules that keep clients from mTLS to workloads that all have sidecars, without what does so. */
export function automatic(resources: Resources, mesh: Mesh, namespace: string): Written[] {
  return resources.of(DestinationRule).flatMap((rule): Written[] => {
    const workloads = servicesOf(mesh, rule.spec.host ?? "", rule.namespace)
      .filter((service) => service.namespace === namespace)
      .flatMap((service) => mesh.behind(service));
    if (workloads.length === 0 || !workloads.every((workload) => mesh.hasSidecar(workload))) return [];
    const spec = withoutPlainTls(rule.raw["spec"]);
    if (JSON.stringify(spec) === JSON.stringify(rule.raw["spec"])) return [];
    return [
      inPlaceOf(rule, {
        apiVersion: rule.apiVersion,
        kind: "DestinationRule",
        metadata: { name: rule.name, namespace: rule.namespace },
        spec: spec as Record<string, unknown>,
        comment: "Without tls, Istio uses mTLS wherever the server has a sidecar.",
      }),
    ];
  });
}

/** A policy for each workload with a sidecar, by which it accepts mTLS only. */
export function strictWorkloads(resources: Resources, mesh: Mesh, namespace: string): Written[] {
  const policies = ownIn(resources, namespace);
  const written = new Map<string, Written>();
  for (const workload of mesh.workloadsIn(namespace)) {
    const selector = selectorOf(workload);
    if (!mesh.hasSidecar(workload) || selector === undefined) continue;
    // Of two policies for one workload the older is obeyed, so the one that is there is changed.
    const own = oldest(policies.filter(({ spec }) => selects(spec.selector?.matchLabels, workload.labels)));
    const exceptions = plainProbes(workload);
    const name = own?.name ?? `${workload.at.name}-strict`;
    const ports = {
      ...own?.spec.portLevelMtls,
      ...Object.fromEntries(exceptions.map((port) => [String(port), { mode: "PERMISSIVE" }])),
    };
    const strict = security(
      "PeerAuthentication",
      name,
      namespace,
      {
        selector: own?.spec.selector ?? { matchLabels: selector },
        mtls: { mode: "STRICT" },
        ...(Object.keys(ports).length > 0 && { portLevelMtls: ports }),
      },
      exceptions.length === 0
        ? `For ${workload.at.title}.`
        : `For ${workload.at.title}. The kubelet's probes come to port ${exceptions.join(", ")} as plain text.`,
    );
    written.set(name, own === undefined ? strict : inPlaceOf(own, strict));
  }
  return [...written.values()];
}
