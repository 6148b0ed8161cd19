import {
  Deployment,
  DestinationRule,
  PeerAuthentication,
  StatefulSet,
  DaemonSet,
  type PeerAuthenticationSpec,
  type Resource,
  type Resources,
} from "../resources/index.js";
import type { Finding } from "../vet/index.js";
import { servicesOf } from "../vet/hosts.js";
import { Mesh, oldest } from "../vet/mesh.js";
import { ownContainers, selects, type Workload } from "../vet/workload.js";
import { after, findingsOf, type Change } from "./mtls-state.js";
import { inPlaceOf, restored, security, type Labels, type Written } from "./written.js";

export interface MtlsPlanOptions {
  readonly rootNamespace?: string;
  /** Only these; all that have workloads with sidecars when omitted. */
  readonly namespaces?: readonly string[];
  /** A scrape of Istio's metrics, in Prometheus' text format. */
  readonly metrics?: string;
}

/** A step that can be taken, watched, and taken back. */
export interface Phase {
  /** The namespace that it is for; the root namespace for the last one. */
  readonly namespace: string;
  readonly name: "permissive" | "clients" | "observe" | "workloads" | "namespace" | "mesh";
  readonly purpose: string;
  readonly apply: readonly Written[];
  /** What is to be deleted, as `KIND/NAME`. */
  readonly remove: readonly string[];
  /** How it is undone: YAML to apply, and what to delete. */
  readonly rollback: { readonly yaml: string; readonly remove: readonly string[] };
  /** The checks of `tremula vet` that must find nothing once this has been applied. */
  readonly checks: readonly string[];
  /** What they find, so that it must not be applied yet. */
  readonly blocking: readonly Finding[];
}

export interface MtlsPlan {
  readonly phases: readonly Phase[];
  /** Workloads that mTLS cannot be required of, each with the reason. */
  readonly excluded: readonly { readonly workload: string; readonly reason: string }[];
}

const CONFIGURATION = ["MT002", "MT003", "MT004"];
const STRICT_CHECKS = ["MT001", "MT002", "MT003", "MT004", "MT005"];

/** Plans the way of each namespace, and then of the mesh, from whatever it is to STRICT. */
export function mtlsPlan(resources: Resources, options: MtlsPlanOptions = {}): MtlsPlan {
  const settings = {
    ...(options.rootNamespace !== undefined && { rootNamespace: options.rootNamespace }),
    ...(options.metrics !== undefined && { metrics: options.metrics }),
  };
  const mesh = new Mesh(resources, settings);
  const namespaces =
    options.namespaces ??
    [
      ...new Set(mesh.workloads.filter((one) => mesh.hasSidecar(one)).map(({ namespace }) => namespace)),
    ].sort();
  const excluded = mesh.workloads
    .filter((one) => namespaces.includes(one.namespace) && !mesh.hasSidecar(one))
    .map(({ at }) => ({
      workload: at.title,
      reason: "it has no sidecar: PeerAuthentication does nothing there",
    }));
  const planner = new Planner(resources, settings);
  for (const namespace of namespaces) if (namespace !== mesh.rootNamespace) planner.namespace(namespace);
  if (options.namespaces === undefined && namespaces.length > 0) planner.mesh();
  return { phases: planner.phases, excluded };
}

class Planner {
  readonly phases: Phase[] = [];
  #state: Resources;
  readonly #initial: ReadonlySet<string>;

  constructor(
    resources: Resources,
    private readonly settings: { readonly rootNamespace?: string; readonly metrics?: string },
  ) {
    this.#state = resources;
    this.#initial = new Set(findingsOf(resources, STRICT_CHECKS, settings).map(textOf));
  }

  namespace(namespace: string): void {
    const wide = wideIn(this.#state, namespace);
    const name = oldest(wide)?.name ?? "default";
    const mesh = new Mesh(this.#state, this.settings);
    const workloads = mesh.workloadsIn(namespace).filter((workload) => mesh.hasSidecar(workload));
    if (workloads.every((workload) => mesh.mtlsOf(workload).mode === "STRICT")) return;
    this.#add(
      "permissive",
      namespace,
      "Accept mTLS as well as plain text, everywhere in the namespace.",
      CONFIGURATION,
      {
        apply: [widePolicy(name, namespace, "PERMISSIVE"), ...this.#enabled(namespace)],
        remove: wide.filter((policy) => policy.name !== name),
      },
    );
    this.#add(
      "clients",
      namespace,
      "Let clients use mTLS wherever there is a sidecar: no DestinationRule forbids it any more.",
      CONFIGURATION,
      {
        apply: this.#automatic(namespace),
        remove: [],
      },
    );
    const strict = this.#strictWorkloads(namespace);
    this.#observe(namespace, { apply: strict, remove: [] });
    this.#add(
      "workloads",
      namespace,
      "Accept mTLS only, workload by workload: apply these one after the other.",
      STRICT_CHECKS,
      {
        apply: strict,
        remove: [],
      },
    );
    const made = ownIn(this.#state, namespace).filter(
      ({ name: own, spec }) =>
        strict.some(({ metadata }) => metadata.name === own) && spec.portLevelMtls === undefined,
    );
    this.#add(
      "namespace",
      namespace,
      "Accept mTLS only, in the whole namespace; the workloads' own policies are needed no longer.",
      STRICT_CHECKS,
      {
        apply: [widePolicy(name, namespace, "STRICT")],
        remove: made,
      },
    );
  }

  mesh(): void {
    const root = new Mesh(this.#state, this.settings).rootNamespace;
    const wide = wideIn(this.#state, root);
    const name = oldest(wide)?.name ?? "default";
    if (oldest(wide)?.spec.mtls?.mode === "STRICT") return;
    this.#add(
      "mesh",
      root,
      "Accept mTLS only, in every namespace of the mesh, those to come too.",
      STRICT_CHECKS,
      {
        apply: [widePolicy(name, root, "STRICT")],
        remove: wide.filter((policy) => policy.name !== name),
      },
    );
  }

  /** A phase that changes nothing: what the next one would break is looked for. */
  #observe(namespace: string, next: Change): void {
    if (next.apply.length === 0) return;
    this.phases.push({
      namespace,
      name: "observe",
      purpose: "Wait for as long as the rarest client takes, then see that nobody uses plain text any more.",
      apply: [],
      remove: [],
      rollback: { yaml: "", remove: [] },
      checks: STRICT_CHECKS,
      blocking: this.#blocking(namespace, after(this.#state, next), STRICT_CHECKS),
    });
  }

  #add(
    name: Phase["name"],
    namespace: string,
    purpose: string,
    checks: readonly string[],
    change: Change,
  ): void {
    const apply = change.apply.filter((one) => !isThere(this.#state, one));
    if (apply.length === 0 && change.remove.length === 0) return;
    const before = this.#state;
    this.#state = after(before, { ...change, apply });
    const previous = before.all.filter(
      (resource) => change.remove.includes(resource) || apply.some((one) => isSame(one, resource)),
    );
    const created = apply.filter((one) => !before.all.some((resource) => isSame(one, resource)));
    this.phases.push({
      namespace,
      name,
      purpose,
      apply,
      remove: change.remove.map((resource) => `${resource.kind.kind}/${resource.name}`),
      rollback: {
        yaml: previous.map(({ raw }) => restored(raw)).join("---\n"),
        remove: created.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
      },
      checks,
      blocking: this.#blocking(namespace, this.#state, checks),
    });
  }

  /** What is found in the namespace, and what was not there before anything was changed. */
  #blocking(namespace: string, state: Resources, checks: readonly string[]): readonly Finding[] {
    return findingsOf(state, checks, this.settings).filter(
      (finding) => finding.namespace === namespace || !this.#initial.has(textOf(finding)),
    );
  }

  /** The workloads' own policies that switch mTLS off, with it switched on. */
  #enabled(namespace: string): Written[] {
    return ownIn(this.#state, namespace).flatMap((policy): Written[] => {
      const { mtls, portLevelMtls = {}, ...spec } = policy.spec;
      const modes = [mtls?.mode, ...Object.values(portLevelMtls).map(({ mode }) => mode)];
      if (!modes.includes("DISABLE")) return [];
      const enabled = (mode: string | undefined) => (mode === "DISABLE" ? "PERMISSIVE" : mode);
      const ports = Object.entries(portLevelMtls).map(([port, { mode }]) => [port, { mode: enabled(mode) }]);
      return [
        inPlaceOf(
          policy,
          security(
            "PeerAuthentication",
            policy.name,
            namespace,
            {
              ...spec,
              ...(mtls && { mtls: { mode: enabled(mtls.mode) } }),
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
  #automatic(namespace: string): Written[] {
    const mesh = new Mesh(this.#state, this.settings);
    return this.#state.of(DestinationRule).flatMap((rule): Written[] => {
      const workloads = servicesOf(mesh, rule.spec.host ?? "", rule.namespace)
        .filter((service) => service.namespace === namespace)
        .flatMap((service) => mesh.behind(service));
      if (workloads.length === 0 || !true) return [];
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

  #strictWorkloads(namespace: string): Written[] {
    const mesh = new Mesh(this.#state, this.settings);
    const policies = ownIn(this.#state, namespace);
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
}

function textOf({ id, object, message }: Finding): string {
  return `${id} ${object} ${message}`;
}

const isWide = ({ spec }: Resource<PeerAuthenticationSpec>): boolean =>
  Object.keys(spec.selector?.matchLabels ?? {}).length === 0;

function wideIn(resources: Resources, namespace: string): readonly Resource<PeerAuthenticationSpec>[] {
  return resources
    .of(PeerAuthentication)
    .filter((policy) => policy.namespace === namespace && isWide(policy));
}

function ownIn(resources: Resources, namespace: string): readonly Resource<PeerAuthenticationSpec>[] {
  return resources
    .of(PeerAuthentication)
    .filter((policy) => policy.namespace === namespace && !isWide(policy));
}

function widePolicy(name: string, namespace: string, mode: "PERMISSIVE" | "STRICT"): Written {
  return security("PeerAuthentication", name, namespace, { mtls: { mode } }, `For all of ${namespace}.`);
}

function isSame({ kind, metadata }: Written, resource: Resource): boolean {
  return (
    resource.kind.kind === kind &&
    resource.namespace === metadata.namespace &&
    resource.name === metadata.name
  );
}

/** Whether the resource says that already. */
function isThere(resources: Resources, written: Written): boolean {
  const there = resources.all.find((resource) => isSame(written, resource));
  return there !== undefined && JSON.stringify(there.spec) === JSON.stringify(written.spec);
}

/** The labels by which a workload is told from others: those that its Deployment selects its pods by. */
function selectorOf({ at, labels }: Workload): Labels | undefined {
  if (at.is(Deployment) || at.is(StatefulSet) || at.is(DaemonSet)) {
    const { matchLabels } = at.spec.selector ?? {};
    if (matchLabels !== undefined) return matchLabels;
  }
  return labels["app"] === undefined ? undefined : { app: labels["app"] };
}

/** The ports to which probes come as plain text, because the sidecar does not answer them. */
function plainProbes(workload: Workload): number[] {
  if (workload.annotations["sidecar.istio.io/rewriteAppHTTPProbers"] !== "false") return [];
  const ports = ownContainers(workload).flatMap((container) =>
    [container.livenessProbe, container.readinessProbe, container.startupProbe].flatMap((probe) => {
      const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
      return typeof port === "string"
        ? (container.ports?.find(({ name }) => name === port)?.containerPort ?? [])
        : (port ?? []);
    }),
  );
  return [...new Set(ports)];
}

const PLAIN = ["DISABLE", "SIMPLE", "MUTUAL"];

/** A DestinationRule's spec without settings of TLS that are not mTLS. */
function withoutPlainTls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlainTls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, item]) => !(key === "tls" && PLAIN.includes((item as { mode?: string } | null)?.mode ?? "")),
      )
      .map(([key, item]) => [key, withoutPlainTls(item)]),
  );
}
