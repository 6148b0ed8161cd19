import type { Resources } from "../resources/index.js";
import type { Finding } from "../vet/index.js";
import { Mesh, oldest } from "../vet/mesh.js";
import { isBesideOthers, isSame, isThere, ownIn, textOf, wideIn, widePolicy } from "./mtls-resources.js";
import { automatic, enabled, strictWorkloads } from "./mtls-steps.js";
import { after, findingsOf, type Change } from "./mtls-state.js";
import { restored, type Written } from "./written.js";

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

  #mesh(): Mesh {
    return new Mesh(this.#state, this.settings);
  }

  namespace(namespace: string): void {
    const wide = wideIn(this.#state, namespace);
    const name = oldest(wide)?.name ?? "default";
    const mesh = this.#mesh();
    const workloads = mesh.workloadsIn(namespace).filter((workload) => mesh.hasSidecar(workload));
    if (workloads.every((workload) => mesh.mtlsOf(workload).mode === "STRICT")) return;
    this.#add(
      "permissive",
      namespace,
      "Accept mTLS as well as plain text, everywhere in the namespace.",
      CONFIGURATION,
      // What is required already for all that have no policy of their own is not taken back.
      mesh.mtlsIn(namespace).mode === "STRICT"
        ? { apply: enabled(this.#state, namespace), remove: [] }
        : {
            apply: [widePolicy(name, namespace, "PERMISSIVE"), ...enabled(this.#state, namespace)],
            remove: wide.filter((policy) => policy.name !== name),
          },
    );
    this.#add(
      "clients",
      namespace,
      "Let clients use mTLS wherever there is a sidecar: no DestinationRule forbids it any more.",
      CONFIGURATION,
      {
        apply: automatic(this.#state, this.#mesh(), namespace),
        remove: [],
      },
    );
    const strict = strictWorkloads(this.#state, this.#mesh(), namespace);
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
      (policy) =>
        strict.some(({ metadata }) => metadata.name === policy.name) &&
        policy.spec.portLevelMtls === undefined &&
        !isBesideOthers(policy, this.#state, this.#mesh()),
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
    const root = this.#mesh().rootNamespace;
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
}
