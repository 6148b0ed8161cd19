import { convertProtocol, type Converted } from "../protocol/declarations-convert.js";
import { groupBy } from "../report/group.js";
import {
  Namespace,
  PeerAuthentication,
  Resources,
  Service,
  type PeerAuthenticationSpec,
  type Resource,
  type ServicePort,
  type ServiceSpec,
} from "../resources/index.js";
import { Labelled, Selectors } from "./by-labels.js";
import { hasSidecar, isAmbient, mayBeInMesh } from "./membership.js";
import { meshConfigOf, type MeshConfig } from "./mesh-config.js";
import { plaintextOf, type Plaintext } from "./plaintext.js";
import { portsOfPod, workloadsOf, type LabelMap, type Workload } from "./workload.js";

/** Namespaces of Kubernetes itself, which Istio never touches; istioctl does not look into them either. */
const SYSTEM: ReadonlySet<string> = new Set([
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "local-path-storage",
]);

export type MtlsMode = "DISABLE" | "PERMISSIVE" | "STRICT";

export interface MeshOptions {
  /** Where policies hold for the whole mesh; `istio-system`, or what the mesh configuration says. */
  readonly rootNamespace?: string;
  /** A scrape of Istio's metrics, in Prometheus' text format. */
  readonly metrics?: string;
}

/** A port of a Service, and what Istio takes it to speak. */
export interface MeshPort {
  readonly service: Resource<ServiceSpec>;
  readonly port: ServicePort;
  readonly index: number;
  readonly converted: Converted;
}

/** The resources, with what checks ask of them. */
export class Mesh {
  readonly resources: Resources;
  readonly config: MeshConfig;
  readonly rootNamespace: string;
  readonly workloads: readonly Workload[];
  readonly services: readonly Resource<ServiceSpec>[];
  readonly ports: readonly MeshPort[];
  readonly plaintext: readonly Plaintext[];
  readonly #workloads: ReadonlyMap<string, readonly Workload[]>;
  readonly #labelled: ReadonlyMap<string, Labelled<Workload>>;
  readonly #everywhere: Labelled<Workload>;
  readonly #services: ReadonlyMap<string, Resource<ServiceSpec>>;
  readonly #selecting: ReadonlyMap<string, Selectors<Resource<ServiceSpec>>>;
  readonly #ports = new Map<Resource, MeshPort[]>();
  readonly #namespaces = new Map<string, Resource>();
  readonly #own: ReadonlyMap<string, Selectors<Resource<PeerAuthenticationSpec>>>;
  readonly #wide: ReadonlyMap<string, Resource<PeerAuthenticationSpec> | undefined>;
  readonly #behind = new Map<Resource, readonly Workload[]>();
  readonly #before = new Map<Workload, readonly Resource<ServiceSpec>[]>();

  constructor(resources: Resources, options: MeshOptions = {}) {
    const inMesh = resources.all.filter(({ namespace }) => !SYSTEM.has(namespace));
    this.resources = new Resources(inMesh, resources.unread, resources.untyped, resources.problems);
    this.config = meshConfigOf(this.resources);
    this.rootNamespace = options.rootNamespace ?? text(this.config.values["rootNamespace"]) ?? "istio-system";
    this.workloads = workloadsOf(this.resources);
    this.services = this.resources.of(Service);
    this.plaintext = options.metrics === undefined ? [] : plaintextOf(options.metrics);
    const namespaceOf = ({ namespace }: { readonly namespace: string }): string => namespace;
    this.#workloads = groupBy(this.workloads, namespaceOf);
    this.#labelled = mapped(this.#workloads, (workloads) => new Labelled(workloads));
    this.#everywhere = new Labelled(this.workloads);
    this.#services = new Map(this.services.map((service) => [service.title, service]));
    this.#selecting = mapped(
      groupBy(this.services, namespaceOf),
      (services) => new Selectors(services, ({ spec }) => spec.selector),
    );
    const peers = groupBy(this.resources.of(PeerAuthentication), namespaceOf);
    // In the root namespace, Istio ignores policies with a selector.
    this.#own = mapped(
      new Map([...peers].filter(([namespace]) => namespace !== this.rootNamespace)),
      (policies) => new Selectors(policies, ({ spec }) => spec.selector?.matchLabels),
    );
    this.#wide = mapped(peers, (policies) => oldest(policies.filter(isWide)));
    for (const namespace of this.resources.of(Namespace)) this.#namespaces.set(namespace.name, namespace);
    this.ports = this.services.flatMap((service) => {
      const ports = (service.spec.ports ?? []).map((port, index) => ({
        service,
        port,
        index,
        converted: convertProtocol(port.port, port.name, port.protocol, port.appProtocol),
      }));
      this.#ports.set(service, ports);
      return ports;
    });
  }

  get trustDomain(): string {
    return text(this.config.values["trustDomain"]) ?? "cluster.local";
  }

  get trustDomainAliases(): readonly string[] {
    const aliases = this.config.values["trustDomainAliases"];
    return Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === "string") : [];
  }

  namespace(name: string): Resource | undefined {
    return this.#namespaces.get(name);
  }

  get namespaces(): readonly string[] {
    return [...this.#namespaces.keys()];
  }

  service(namespace: string, name: string): Resource<ServiceSpec> | undefined {
    return this.#services.get(`Service ${namespace}/${name}`);
  }

  /** The Service of a host of a DestinationRule or route: `name`, `name.namespace`, or the whole domain name. */
  serviceOfHost(host: string, from: string): Resource<ServiceSpec> | undefined {
    const [name = "", namespace = from, ...rest] = host.split(".");
    if (rest.length > 0 && rest.join(".") !== "svc.cluster.local" && rest.join(".") !== "svc")
      return undefined;
    return this.service(namespace, name);
  }

  portsOf(service: Resource<ServiceSpec>): readonly MeshPort[] {
    return this.#ports.get(service) ?? [];
  }

  workloadsIn(namespace: string): readonly Workload[] {
    return this.#workloads.get(namespace) ?? [];
  }

  /** The workloads that a policy holds for; those of the root namespace hold everywhere. */
  selected(namespace: string, selector: LabelMap | undefined): readonly Workload[] {
    const labelled = namespace === this.rootNamespace ? this.#everywhere : this.#labelled.get(namespace);
    return labelled?.selectedBy(selector) ?? [];
  }

  /** The workloads behind a Service. */
  behind(service: Resource<ServiceSpec>): readonly Workload[] {
    const known = this.#behind.get(service);
    if (known !== undefined) return known;
    const { selector = {} } = service.spec;
    const isEmpty = Object.keys(selector).length === 0;
    const behind = isEmpty ? [] : (this.#labelled.get(service.namespace)?.selectedBy(selector) ?? []);
    this.#behind.set(service, behind);
    return behind;
  }

  /** The Services before a workload. */
  before(workload: Workload): readonly Resource<ServiceSpec>[] {
    const known = this.#before.get(workload);
    if (known !== undefined) return known;
    const before = this.#selecting.get(workload.namespace)?.selecting(workload.labels) ?? [];
    this.#before.set(workload, before);
    return before;
  }

  /** Whether a workload has, or will get, a sidecar. */
  hasSidecar(workload: Workload): boolean {
    return hasSidecar(workload, this.namespace(workload.namespace)?.metadata.labels);
  }

  /** Whether a workload without a sidecar is in the ambient mesh. */
  isAmbient(workload: Workload): boolean {
    return isAmbient(workload, this.namespace(workload.namespace)?.metadata.labels);
  }

  /** Whether the namespace's label would bring a sidecar, or a revision's, or the ambient mesh. */
  mayBeInMesh(workload: Workload): boolean {
    return mayBeInMesh(workload, this.namespace(workload.namespace)?.metadata.labels);
  }

  /**
   * The mode in which a workload accepts connections at one of its ports: that of the narrowest scope, and of the oldest
   * policy within it. UNSET is what the wider scope says.
   */
  mtlsOf(workload: Workload, port?: number): { mode: MtlsMode; by: Resource | undefined } {
    const own = oldest(this.#own.get(workload.namespace)?.selecting(workload.labels) ?? []);
    const perPort = port === undefined ? undefined : own?.spec.portLevelMtls?.[String(port)]?.mode;
    if (own !== undefined && perPort !== undefined && perPort !== "UNSET") return { mode: perPort, by: own };
    const mode = own?.spec.mtls?.mode;
    if (own !== undefined && mode !== undefined && mode !== "UNSET") return { mode, by: own };
    return this.mtlsIn(workload.namespace);
  }

  /** The mode of a namespace's workloads that have no policy of their own. */
  mtlsIn(namespace: string): { mode: MtlsMode; by: Resource | undefined } {
    for (const policy of [this.#wide.get(namespace), this.#wide.get(this.rootNamespace)]) {
      const mode = policy?.spec.mtls?.mode;
      if (policy !== undefined && mode !== undefined && mode !== "UNSET") return { mode, by: policy };
    }
    return { mode: "PERMISSIVE", by: undefined };
  }
}

/** Whether a policy is for all workloads of its namespace. */
export function isWide({ spec }: Resource<PeerAuthenticationSpec>): boolean {
  return Object.keys(spec.selector?.matchLabels ?? {}).length === 0;
}

/** The policy that Istio obeys: the oldest, and by name among those of one age or of none that is known. */
export function oldest<Spec>(policies: readonly Resource<Spec>[]): Resource<Spec> | undefined {
  const key = ({ metadata: { creationTimestamp, name } }: Resource<Spec>): string =>
    `${creationTimestamp ?? "~"} ${name}`;
  return [...policies].sort((a, b) => (key(a) < key(b) ? -1 : 1))[0];
}

/** The number of a workload's port that a Service's port leads to; undefined when its name is not known. */
export function targetOf({ targetPort, port }: ServicePort, workload: Workload): number | undefined {
  if (targetPort === undefined || targetPort === 0) return port;
  if (typeof targetPort === "number") return targetPort;
  if (/^\d+$/.test(targetPort)) return Number(targetPort);
  return portsOfPod(workload.pod).find(({ name }) => name === targetPort)?.containerPort;
}

function mapped<Value, Other>(
  map: ReadonlyMap<string, Value>,
  of: (value: Value) => Other,
): ReadonlyMap<string, Other> {
  return new Map([...map].map(([key, value]) => [key, of(value)]));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
