import {
  DaemonSet,
  Deployment,
  Pod,
  StatefulSet,
  type Container,
  type Path,
  type PodSpec,
  type Resource,
  type Resources,
} from "../resources/index.js";

export type LabelMap = Readonly<Record<string, string>>;

/** Pods: one, or those that a Deployment, StatefulSet or DaemonSet makes. */
export interface Workload {
  readonly at: Resource;
  /** Where the object describes the pod. */
  readonly path: Path;
  readonly namespace: string;
  readonly labels: LabelMap;
  readonly annotations: LabelMap;
  readonly pod: PodSpec;
  readonly isPod: boolean;
}

/** The workloads, in the order in which they were read. */
export function workloadsOf(resources: Resources): Workload[] {
  return resources.all.flatMap((at): Workload[] => {
    if (at.is(Pod))
      return [
        {
          at,
          path: ["spec"],
          namespace: at.namespace,
          labels: at.metadata.labels,
          annotations: at.metadata.annotations,
          pod: at.spec,
          isPod: true,
        },
      ];
    if (!at.is(Deployment) && !at.is(StatefulSet) && !at.is(DaemonSet)) return [];
    const { template = {} } = at.spec;
    return [
      {
        at,
        path: ["spec", "template", "spec"],
        namespace: at.namespace,
        labels: template.metadata?.labels ?? {},
        annotations: template.metadata?.annotations ?? {},
        pod: template.spec ?? {},
        isPod: false,
      },
    ];
  });
}

/** Whether labels have all that a selector asks for; an empty selector is content with any. */
export function selects(selector: LabelMap | undefined, labels: LabelMap): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

const PROXY = "istio-proxy";

/** The sidecar's container, which Kubernetes also allows among the init containers. */
export function proxyOf({ pod }: Workload): Container | undefined {
  return [...(pod.containers ?? []), ...(pod.initContainers ?? [])].find(
    ({ name, image }) => name === PROXY && image !== undefined && image !== "",
  );
}

/** The ports that the containers of a pod declare, those of native sidecars (which are init containers that stay) too. */
export function portsOfPod({ containers = [], initContainers = [] }: PodSpec) {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...containers, ...sidecars].flatMap(({ ports = [] }) => ports);
}

/** The containers that the owner wrote. */
export function ownContainers({ pod }: Workload): readonly Container[] {
  return (pod.containers ?? []).filter(({ name }) => name !== PROXY);
}
