import { groupBy } from "../../report/group.js";
import { AuthorizationPolicy } from "../../resources/index.js";
import { Labelled } from "../by-labels.js";
import type { Check } from "../check.js";
import type { Mesh } from "../mesh.js";
import { type LabelMap, type Workload } from "../workload.js";

export const noWorkload: Check = {
  id: "AZ001",
  title: "an AuthorizationPolicy for no workload",
  severity: "warning",
  why: "It protects nothing: a label is mistyped, or the policy is in the wrong namespace.",
  istio: "IST0127",
  *run(mesh) {
    const candidates = inMesh(mesh);
    const everywhere = new Labelled(candidates);
    const byNamespace = new Map(
      [...groupBy(candidates, ({ namespace }) => namespace)].map(([name, own]) => [name, new Labelled(own)]),
    );
    for (const at of mesh.resources.of(AuthorizationPolicy)) {
      const { selector } = at.spec;
      const isMeshWide = at.namespace === mesh.rootNamespace;
      if (isMeshWide && selector === undefined) continue;
      const workloads = isMeshWide ? everywhere : byNamespace.get(at.namespace);
      if ((workloads?.selectedBy(selector?.matchLabels) ?? []).length > 0) continue;
      yield {
        at,
        ...(selector !== undefined && { path: ["spec", "selector"] }),
        message:
          selector === undefined
            ? `no workload in the mesh is in the namespace ${at.namespace}`
            : `no workload ${isMeshWide ? "in the mesh" : `in the namespace ${at.namespace}`} has the labels ${labelsText(selector.matchLabels)}`,
        fix:
          candidates.length === 0
            ? "give the workloads, and the Namespaces whose label brings the sidecar (kubectl get pods,namespaces -A -o yaml)"
            : "correct the labels, or delete the policy",
      };
    }
  },
};

/**
 * The workloads that are in the mesh. istioctl looks at pods only; where there are none, because the files are those that
 * people write, we look at what makes pods.
 */
function inMesh(mesh: Mesh): readonly Workload[] {
  const pods = mesh.workloads.filter(({ isPod }) => isPod);
  return (pods.length > 0 ? pods : mesh.workloads).filter(
    (workload) => mesh.hasSidecar(workload) || mesh.isAmbient(workload),
  );
}

function labelsText(labels: LabelMap = {}): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

export const noNamespace: Check = {
  id: "AZ002",
  title: "an AuthorizationPolicy names a namespace that does not exist",
  severity: "error",
  why: "The rule is for nobody, or (as notNamespaces) for everybody.",
  istio: "IST0101",
  *run(mesh) {
    for (const at of mesh.resources.of(AuthorizationPolicy))
      for (const [rule, { from = [] }] of (at.spec.rules ?? []).entries())
        for (const [index, { source }] of from.entries())
          for (const field of ["namespaces", "notNamespaces"] as const)
            for (const [place, namespace] of (source?.[field] ?? []).entries()) {
              if (mesh.namespaces.some((name) => matches(namespace, name))) continue;
              // With no namespace at all even `*` matches none, and istioctl says so.
              yield {
                at,
                path: ["spec", "rules", rule, "from", index, "source", field, place],
                message: `there is no namespace ${JSON.stringify(namespace)}`,
                fix:
                  mesh.namespaces.length === 0
                    ? "give the Namespace objects too (kubectl get namespaces -o yaml)"
                    : "correct the name",
              };
            }
  },
};

function matches(pattern: string, namespace: string): boolean {
  if (pattern === "*") return true;
  if (pattern.startsWith("*")) return namespace.endsWith(pattern.slice(1));
  if (pattern.endsWith("*")) return namespace.startsWith(pattern.slice(0, -1));
  return namespace.toLowerCase() === pattern.toLowerCase();
}

export const foreignPrincipal: Check = {
  id: "AZ003",
  title: "a principal that nobody has",
  severity: "warning",
  why: "Principals are those of certificates of this mesh; with another trust domain, or written as a URI, none is equal.",
  *run(mesh) {
    const domains = new Set([mesh.trustDomain, "cluster.local", ...mesh.trustDomainAliases]);
    for (const at of mesh.resources.of(AuthorizationPolicy))
      for (const [rule, { from = [], when = [] }] of (at.spec.rules ?? []).entries()) {
        const lists = [
          ...from.flatMap(({ source }, index) =>
            (["principals", "notPrincipals"] as const).map((field) => ({
              values: source?.[field],
              path: ["spec", "rules", rule, "from", index, "source", field],
            })),
          ),
          ...when.flatMap(({ key, values, notValues }, index) =>
            key === "source.principal"
              ? [
                  { values, path: ["spec", "rules", rule, "when", index, "values"] },
                  { values: notValues, path: ["spec", "rules", rule, "when", index, "notValues"] },
                ]
              : [],
          ),
        ];
        for (const { values = [], path } of lists)
          for (const [place, principal] of values.entries()) {
            if (principal.startsWith("spiffe://")) {
              yield {
                at,
                path: [...path, place],
                severity: "error",
                message: `${principal} is equal to no principal: Istio puts spiffe:// before it once more`,
                fix: `write ${principal.slice("spiffe://".length)}`,
              };
              continue;
            }
            const domain = /^([^/*]+)\/ns\//.exec(principal)?.[1];
            if (domain === undefined || domains.has(domain)) continue;
            yield {
              at,
              path: [...path, place],
              message: `${principal} is of the trust domain ${domain}; this mesh is ${mesh.trustDomain}${mesh.trustDomainAliases.length === 0 ? "" : ` (also ${mesh.trustDomainAliases.join(", ")})`}`,
              fix: "write the mesh's trust domain, or add the other one to trustDomainAliases",
            };
          }
      }
  },
};
