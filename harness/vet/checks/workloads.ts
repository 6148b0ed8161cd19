import { ConfigMap, Deployment, Namespace } from "../../resources/index.js";
import type { Check } from "../check.js";
import { targetOf, type Mesh, type MeshPort } from "../mesh.js";
import { record } from "../mesh-config.js";
import { proxyOf, type Workload } from "../workload.js";

export const appLabel: Check = {
  id: "APP001",
  title: "a workload of the mesh without the label app",
  severity: "warning",
  why: "Istio's metrics and traces name workloads by it; without one they are all called unknown.",
  *run(mesh) {
    for (const workload of mesh.workloads) {
      const { at, labels } = workload;
      // Gateways and waypoints that Istio deploys are labelled by Istio.
      if (labels["app"] !== undefined || labels["gateway.istio.io/managed"] !== undefined) continue;
      if (!mesh.hasSidecar(workload)) continue;
      const canonical = labels["service.istio.io/canonical-name"] ?? labels["app.kubernetes.io/name"];
      yield {
        at,
        path: workload.isPod ? ["metadata", "labels"] : ["spec", "template", "metadata", "labels"],
        ...(canonical !== undefined && { severity: "info" }),
        message:
          canonical === undefined
            ? "the pods have neither app nor app.kubernetes.io/name"
            : `the pods have no label app: source_app and destination_app are unknown (the canonical service is ${canonical})`,
        fix: "add the label app to the pods",
      };
    }
  },
};

/** The Services' ports that lead to one port of a workload. */
function portsByTarget(mesh: Mesh, workload: Workload): ReadonlyMap<number, MeshPort[]> {
  const targets = new Map<number, MeshPort[]>();
  for (const service of mesh.before(workload))
    for (const port of mesh.portsOf(service)) {
      const target = targetOf(port.port, workload);
      if (target !== undefined && port.converted.protocol !== "UDP")
        targets.set(target, [...(targets.get(target) ?? []), port]);
    }
  return targets;
}

export const sharedPort: Check = {
  id: "SVC001",
  title: "one port of a workload behind several Services",
  severity: "error",
  why:
    "A proxy has one listener for a port of its workload: where Services disagree about its protocol, it is what one of them " +
    "says, and which one that is is not defined.",
  *run(mesh) {
    for (const workload of mesh.workloads)
      for (const [target, ports] of portsByTarget(mesh, workload)) {
        const [first, ...others] = ports;
        const services = new Set(ports.map(({ service }) => service));
        if (first === undefined || services.size < 2) continue;
        const other = others.find(({ converted }) => converted.protocol !== first.converted.protocol);
        const names = [...services].map(({ title }) => title).join(", ");
        yield {
          at: workload.at,
          ...(other === undefined && { severity: "info" }),
          message:
            other === undefined
              ? `port ${target} is behind ${names}`
              : `port ${target} is ${first.converted.protocol} for ${first.service.title} (${first.service.where}) and ${other.converted.protocol} for ${other.service.title} (${other.service.where})`,
          fix:
            other === undefined ? "use one Service, if one is enough" : "declare the same protocol in both",
        };
      }
  },
};

const isWaypoint = ({ at }: Workload): boolean =>
  at.metadata.labels["gateway.istio.io/managed"] === "istio.io-mesh-controller";

/** The Deployments that istioctl looks at. */
function deployments(mesh: Mesh): readonly Workload[] {
  return mesh.workloads.filter(
    (workload) => workload.at.is(Deployment) && !isWaypoint(workload) && mesh.hasSidecar(workload),
  );
}

export const transportConflict: Check = {
  id: "SVC002",
  title: "Services with one port number and different transport protocols",
  severity: "warning",
  why: "Istio gives a workload one listener for a port number.",
  istio: "IST0116",
  *run(mesh) {
    for (const workload of deployments(mesh)) {
      const ports = new Map<number, Map<string, string[]>>();
      for (const service of mesh.before(workload))
        for (const { port, protocol = "TCP" } of service.spec.ports ?? []) {
          const protocols = ports.get(port) ?? new Map<string, string[]>();
          protocols.set(protocol, [...(protocols.get(protocol) ?? []), service.name]);
          ports.set(port, protocols);
        }
      for (const [port, protocols] of ports)
        if (protocols.size > 1)
          yield {
            at: workload.at,
            message: `port ${port} is ${[...protocols].map(([protocol, names]) => `${protocol} for ${names.join(", ")}`).join(" and ")}`,
            fix: "give one of them another number",
          };
    }
  },
};

export const targetConflict: Check = {
  id: "SVC003",
  title: "Services with different ports for one target port",
  severity: "warning",
  why: "Istio knows the workload's port by one number of a Service; requests through the other one are mixed up with it.",
  istio: "IST0137",
  *run(mesh) {
    for (const workload of deployments(mesh)) {
      const targets = new Map<string, Map<number, string>>();
      for (const service of mesh.before(workload))
        for (const { port, targetPort } of service.spec.ports ?? []) {
          const target =
            targetPort === undefined || targetPort === 0 || targetPort === "" ? port : targetPort;
          const ports = targets.get(String(target)) ?? new Map<number, string>();
          ports.set(port, service.name);
          targets.set(String(target), ports);
        }
      for (const [target, ports] of targets)
        if (ports.size > 1)
          yield {
            at: workload.at,
            message: `the target port ${target} is ${[...ports].map(([port, name]) => `${port} of ${name}`).join(" and ")}`,
            fix: "use one port number for one target port",
          };
    }
  },
};

export const proxyVersion: Check = {
  id: "VER001",
  title: "sidecars of another version than is injected today",
  severity: "warning",
  why: "They have been running since before an upgrade, without its fixes, and are configured by a control plane of another version.",
  istio: "IST0158",
  *run(mesh) {
    const images = new Map(
      mesh.resources
        .of(ConfigMap)
        .filter(({ name }) => name.startsWith("istio-sidecar-injector"))
        .map(({ name, spec }) => [name, injectedImage(spec.data?.["values"])]),
    );
    const stale = new Map<string, string[]>();
    for (const workload of mesh.workloads) {
      const labels = mesh.namespace(workload.namespace)?.metadata.labels ?? {};
      const revision = labels["istio.io/rev"];
      if (!workload.isPod || (labels["istio-injection"] !== "enabled" && revision === undefined)) continue;
      if ((workload.annotations["sidecar.istio.io/proxyImage"] ?? "") !== "") continue;
      const wanted = images.get(
        revision === undefined || revision === "" || revision === "default"
          ? "istio-sidecar-injector"
          : `istio-sidecar-injector-${revision}`,
      );
      const { image } = proxyOf(workload) ?? {};
      if (wanted === undefined || image === undefined) continue;
      if (image === wanted || VARIANTS.some((variant) => image === `${wanted}-${variant}`)) continue;
      const described = `${workload.at.name} (${image}, not ${wanted})`;
      stale.set(workload.namespace, [...(stale.get(workload.namespace) ?? []), described]);
    }
    for (const at of mesh.resources.of(Namespace)) {
      const pods = stale.get(at.name);
      if (pods === undefined) continue;
      yield {
        at,
        message: `pods with another proxy than is injected: ${pods.sort().join(", ")}`,
        fix: "restart their workloads: kubectl rollout restart",
      };
    }
  },
};

/** Images of the proxy that differ in what they are built on only. */
const VARIANTS = ["distroless", "debug", "default"];

function injectedImage(values: string | undefined): string | undefined {
  const { global } = (record(values) ?? {}) as {
    global?: { hub?: string; tag?: string | number; proxy?: { image?: string } };
  };
  const image = global?.proxy?.image ?? "proxyv2";
  if (image.includes("/")) return image;
  return global?.hub === undefined || global.tag === undefined
    ? undefined
    : `${global.hub}/${image}:${global.tag}`;
}
