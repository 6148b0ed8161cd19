import {
  DestinationRule,
  type PeerAuthenticationSpec,
  type Resource,
  type Resources,
} from "../resources/index.js";
import { Selectors } from "../vet/by-labels.js";
import { servicesOf } from "../vet/hosts.js";
import { oldest, type Mesh } from "../vet/mesh.js";
import { plainProbes } from "../vet/probes.js";
import { selects, type Workload } from "../vet/workload.js";
import { ownIn, selectorOf, wideIn, withoutPlainTls } from "./mtls-resources.js";
import { inPlaceOf, security, type Labels, type Written } from "./written.js";

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

const OWN_TLS =
  "It had SIMPLE or MUTUAL: a workload that serves TLS itself gets plain text from its sidecar then, and must be changed first.";

const originates = (spec: unknown): boolean => /"mode":"(?:SIMPLE|MUTUAL)"/.test(JSON.stringify(spec));

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
        comment: `Without tls, Istio uses mTLS wherever the server has a sidecar.${originates(rule.raw["spec"]) ? `\n${OWN_TLS}` : ""}`,
      }),
    ];
  });
}

/** Workloads that one policy is for. */
interface Group {
  /** The policy that is there already. */
  readonly own: Resource<PeerAuthenticationSpec> | undefined;
  readonly selector: Labels;
  readonly workloads: Workload[];
}

/** A policy for each workload with a sidecar, by which it accepts mTLS only. */
export function strictWorkloads(resources: Resources, mesh: Mesh, namespace: string): Written[] {
  const policies = ownIn(resources, namespace);
  const groups = new Map<string, Group>();
  for (const { workload, selector } of selectable(mesh, namespace)) {
    // Of two policies for one workload the older is obeyed, so the one that is there is changed.
    const own = oldest(policies.filter(({ spec }) => selects(spec.selector?.matchLabels, workload.labels)));
    if (own === undefined && mesh.mtlsOf(workload).mode === "STRICT") continue;
    const key = own?.name ?? JSON.stringify(selector);
    const group = groups.get(key) ?? { own, selector, workloads: [] };
    group.workloads.push(workload);
    groups.set(key, group);
  }
  const taken = new Set([...wideIn(resources, namespace), ...policies].map(({ name }) => name));
  return [...groups.values()].map((group) => strict(group, mesh, namespace, taken));
}

/** The workloads with sidecars, and how each is selected; pods only where nothing that makes them was given. */
function selectable(mesh: Mesh, namespace: string): { workload: Workload; selector: Labels }[] {
  const all = mesh.workloadsIn(namespace).flatMap((workload) => {
    const selector = mesh.hasSidecar(workload) ? selectorOf(workload) : undefined;
    return selector === undefined ? [] : [{ workload, selector }];
  });
  const makers = new Selectors(
    all.filter(({ workload }) => !workload.isPod),
    ({ selector }) => selector,
  );
  return all.filter(({ workload }) => !workload.isPod || makers.selecting(workload.labels).length === 0);
}

function strict(
  { own, selector, workloads }: Group,
  mesh: Mesh,
  namespace: string,
  taken: Set<string>,
): Written {
  // A port that is closed to the kubelet already stays closed.
  const probed = workloads.flatMap((workload) =>
    plainProbes(workload)
      .flatMap(({ number }) => number ?? [])
      .filter((port) => mesh.mtlsOf(workload, port).mode !== "STRICT"),
  );
  const exceptions = [...new Set(probed)];
  const [{ at }] = workloads as [Workload];
  const short = `${at.name}-strict`;
  const name = own?.name ?? (taken.has(short) ? `${at.name}-${at.kind.kind.toLowerCase()}-strict` : short);
  taken.add(name);
  const ports = {
    ...own?.spec.portLevelMtls,
    ...Object.fromEntries(exceptions.map((port) => [String(port), { mode: "PERMISSIVE" }])),
  };
  const titles = workloads.map((workload) => workload.at.title).join(", ");
  const written = security(
    "PeerAuthentication",
    name,
    namespace,
    {
      selector: own?.spec.selector ?? { matchLabels: selector },
      mtls: { mode: "STRICT" },
      ...(Object.keys(ports).length > 0 && { portLevelMtls: ports }),
    },
    exceptions.length === 0
      ? `For ${titles}.`
      : `For ${titles}. The kubelet's probes come to port ${exceptions.join(", ")} as plain text.`,
  );
  return own === undefined ? written : inPlaceOf(own, written);
}
