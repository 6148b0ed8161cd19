import {
  DaemonSet,
  Deployment,
  Pod,
  Service,
  StatefulSet,
  type Path,
  type PodSpec,
  type Problem,
  type Resource,
  type Resources,
  type ServicePort,
  type ServiceSpec,
} from "../resources/index.js";
import { portsOfPod } from "../vet/workload.js";
import { convertProtocol } from "./declarations-convert.js";
import { FILTER_NAMES, FILTER_PROTOCOLS } from "./declarations-names.js";

/** Says what ports speak where Kubernetes and Istio have no word for it: `"5432=postgres, admin=http"`. */
export const PROTOCOLS_ANNOTATION = "tremula.dev/protocols";

/** An entry of `declarations` in the configuration of the filter protocol-detection. */
export interface Declaration {
  readonly port: number;
  readonly addresses?: readonly string[];
  readonly protocol: string;
  readonly reason: string;
}

export interface DeclarationOptions {
  /**
   * Where the filter runs. `inbound`: at the workload, where connections arrive at the target port. `outbound`: at the
   * client's side, where they are for the Service's addresses and port.
   */
  readonly side: "inbound" | "outbound";
  /** What a port is that nobody has declared: looked at (`auto`), passed on (`tcp`), or not mentioned (`omit`). */
  readonly undeclared: "auto" | "tcp" | "omit";
}

export interface Declarations {
  readonly declarations: readonly Declaration[];
  /** What keeps the Services from being declared: unknown names, ports that cannot be told apart. */
  readonly problems: readonly Problem[];
}

/** One port's answer, before those for the same port and address are put together. */
interface Entry {
  readonly port: number;
  readonly address: string | undefined;
  readonly protocol: string;
  readonly why: string;
  readonly service: Resource<ServiceSpec>;
  readonly path: Path;
}

/**
 * Turns the ports of Services into the filter's declarations, as Istio would take them: an annotation of ours first,
 * then appProtocol, the port's name, the well-known ports; what is left is sniffed.
 */
export function declarationsOf(resources: Resources, { side, undeclared }: DeclarationOptions): Declarations {
  const problems: Problem[] = [];
  const entries: Entry[] = [];
  for (const service of resources.of(Service)) {
    if (service.spec.type === "ExternalName") continue;
    const annotated = annotations(service, problems);
    for (const [index, port] of (service.spec.ports ?? []).entries()) {
      const path = ["spec", "ports", index];
      const decided = decide(port, annotated, undeclared);
      if (decided === undefined) continue;
      const why = `${service.title}, ${service.where}, port ${port.name ?? port.port}: ${decided.why}`;
      const places =
        side === "outbound"
          ? outbound(service.spec, port)
          : inbound(resources, service, port, path, problems);
      for (const place of places) entries.push({ ...place, protocol: decided.protocol, why, service, path });
    }
  }
  return { declarations: merge(entries, problems), problems };
}

function decide(
  port: ServicePort,
  annotated: ReadonlyMap<string, string>,
  undeclared: DeclarationOptions["undeclared"],
): { protocol: string; why: string } | undefined {
  const own = annotated.get(port.name ?? "") ?? annotated.get(String(port.port));
  if (port.protocol === "SCTP") return undefined;
  const { protocol, reason } = convertProtocol(port.port, port.name, port.protocol, port.appProtocol);
  if (protocol === "UDP" && reason === "transport") return undefined;
  if (own !== undefined) return { protocol: own, why: `annotation ${PROTOCOLS_ANNOTATION}` };
  // A TCP port whose name or appProtocol says udp: the filter sees connections, and those are TCP.
  const declared = protocol === "UDP" ? "tcp" : FILTER_NAMES[protocol];
  if (reason === "appProtocol") return { protocol: declared, why: `appProtocol ${port.appProtocol}` };
  if (reason === "port-name") return { protocol: declared, why: `port-name ${port.name}` };
  if (reason === "well-known") return { protocol: declared, why: `well-known port ${port.port}` };
  const said =
    port.appProtocol === undefined
      ? `neither appProtocol nor a name that begins with a protocol`
      : `appProtocol ${port.appProtocol}, which Istio does not know`;
  if (undeclared === "omit") return undefined;
  if (undeclared === "tcp") return { protocol: "tcp", why: `default; ${said}` };
  return { protocol: "auto", why: `sniff; ${said}` };
}

/** The annotation's `port=protocol` pairs, by the port's name or number. */
function annotations(service: Resource<ServiceSpec>, problems: Problem[]): ReadonlyMap<string, string> {
  const text = service.metadata.annotations[PROTOCOLS_ANNOTATION];
  const pairs = new Map<string, string>();
  if (text === undefined) return pairs;
  const path = ["metadata", "annotations", PROTOCOLS_ANNOTATION];
  const problem = (message: string): void => {
    problems.push({
      position: service.positionOf(path),
      object: service.title,
      path: PROTOCOLS_ANNOTATION,
      message,
    });
  };
  for (const pair of text.split(",").map((part) => part.trim())) {
    const [port = "", protocol, ...more] = pair.split("=").map((part) => part.trim());
    const known = (service.spec.ports ?? []).some(
      ({ name, port: number }) => port === name || port === String(number),
    );
    if (protocol === undefined || more.length > 0) problem(`${JSON.stringify(pair)} is not PORT=PROTOCOL`);
    else if (!known) problem(`the Service has no port ${JSON.stringify(port)}`);
    else if (!FILTER_PROTOCOLS.has(protocol)) problem(`unknown protocol ${JSON.stringify(protocol)}`);
    else pairs.set(port, protocol);
  }
  return pairs;
}

function outbound(spec: ServiceSpec, { port }: ServicePort): { port: number; address: string | undefined }[] {
  const addresses = [...new Set([...(spec.clusterIPs ?? []), spec.clusterIP ?? ""])].filter(
    (address) => address !== "" && address !== "None",
  );
  // A headless Service's connections are for its pods, which have any address.
  return addresses.length === 0
    ? [{ port, address: undefined }]
    : addresses.map((address) => ({ port, address }));
}

function inbound(
  resources: Resources,
  service: Resource<ServiceSpec>,
  port: ServicePort,
  path: Path,
  problems: Problem[],
): { port: number; address: undefined }[] {
  const { targetPort = port.port } = port;
  if (typeof targetPort === "number") return [{ port: targetPort || port.port, address: undefined }];
  if (/^\d+$/.test(targetPort)) return [{ port: Number(targetPort), address: undefined }];
  const ports = new Set(
    podsOf(resources, service)
      .flatMap(portsOfPod)
      .flatMap(({ name, containerPort }) => (name === targetPort && containerPort ? [containerPort] : [])),
  );
  if (ports.size === 0)
    problems.push({
      position: service.positionOf([...path, "targetPort"]),
      object: service.title,
      path: "targetPort",
      message: `${JSON.stringify(targetPort)} is the name of a container's port; give the workload's YAML too`,
    });
  return [...ports].map((number) => ({ port: number, address: undefined }));
}

function podsOf(resources: Resources, service: Resource<ServiceSpec>): PodSpec[] {
  const selector = Object.entries(service.spec.selector ?? {});
  const selects = (labels: Readonly<Record<string, string>> = {}): boolean =>
    selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
  const here = ({ namespace }: Resource): boolean => namespace === service.namespace;
  const templates = [Deployment, StatefulSet, DaemonSet].flatMap((kind) =>
    resources
      .of(kind)
      .filter(here)
      .flatMap(({ spec: { template } }) =>
        template?.spec !== undefined && selects(template.metadata?.labels) ? [template.spec] : [],
      ),
  );
  const pods = resources.of(Pod).filter((pod) => here(pod) && selects(pod.metadata.labels));
  return [...templates, ...pods.map(({ spec }) => spec)];
}

/** One declaration for each port, address and protocol; two protocols at one place cannot be told apart. */
function merge(entries: readonly Entry[], problems: Problem[]): Declaration[] {
  const places = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = `${entry.port} ${entry.address ?? ""}`;
    places.set(key, [...(places.get(key) ?? []), entry]);
  }
  const merged = new Map<string, { port: number; protocol: string; addresses: string[]; why: string[] }>();
  for (const same of places.values()) {
    const [first] = same as [Entry, ...Entry[]];
    const other = same.find(({ protocol }) => protocol !== first.protocol);
    if (other !== undefined) {
      problems.push({
        position: other.service.positionOf(other.path),
        object: other.service.title,
        message:
          `port ${other.port} is ${other.protocol} (${other.why}), and ${first.protocol} for ${first.why}; ` +
          "the filter sees one port and could not tell them apart",
      });
      continue;
    }
    const why = [...new Set(same.map((entry) => entry.why))];
    // The addresses of one Service share an entry.
    const key = JSON.stringify([first.port, first.protocol, why, first.address === undefined]);
    const into = merged.get(key) ?? { port: first.port, protocol: first.protocol, addresses: [], why };
    if (first.address !== undefined) into.addresses.push(first.address);
    merged.set(key, into);
  }
  return [...merged.values()]
    .sort((a, b) => a.port - b.port)
    .map(({ port, protocol, addresses, why }) => ({
      port,
      ...(addresses.length > 0 && { addresses }),
      protocol,
      reason: why.join("; and "),
    }));
}
