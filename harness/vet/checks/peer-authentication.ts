import { PeerAuthentication } from "../../resources/index.js";
import type { Check } from "../check.js";
import { targetOf, type Mesh } from "../mesh.js";
import { plainProbes } from "../probes.js";
import { portsOfPod, type Workload } from "../workload.js";

export const portLevel: Check = {
  id: "MT003",
  title: "portLevelMtls that names no port of the workload",
  severity: "error",
  why:
    "portLevelMtls goes by the port that the workload listens on, not by the Service's, and only together with a selector. " +
    "Otherwise the setting does nothing, and the port is as open or as closed as the rest.",
  *run(mesh) {
    for (const policy of mesh.resources.of(PeerAuthentication)) {
      const { portLevelMtls = {}, selector } = policy.spec;
      if (Object.keys(portLevelMtls).length === 0) continue;
      if (policy.namespace === mesh.rootNamespace && Object.keys(selector?.matchLabels ?? {}).length > 0) {
        yield {
          at: policy,
          path: ["spec", "selector"],
          message: `a PeerAuthentication with a selector is not obeyed in the root namespace ${mesh.rootNamespace}`,
          fix: "put it into the workload's own namespace",
        };
        continue;
      }
      if (Object.keys(selector?.matchLabels ?? {}).length === 0) {
        yield {
          at: policy,
          path: ["spec", "portLevelMtls"],
          message: "portLevelMtls without a selector is not obeyed",
          fix: "select the workload by its labels",
        };
        continue;
      }
      const workloads = mesh.selected(policy.namespace, selector?.matchLabels);
      if (workloads.length === 0) continue;
      const listened = new Set(workloads.flatMap((workload) => [...listenedPorts(mesh, workload)]));
      for (const text of Object.keys(portLevelMtls)) {
        const number = Number(text);
        if (listened.has(number)) continue;
        const asService = workloads
          .flatMap((workload) => mesh.before(workload).map((service) => ({ workload, service })))
          .flatMap(({ workload, service }) => mesh.portsOf(service).map((port) => ({ workload, port })))
          .find(({ port }) => port.port.port === number);
        const target = asService && targetOf(asService.port.port, asService.workload);
        yield {
          at: policy,
          path: ["spec", "portLevelMtls", text],
          ...(asService === undefined && { severity: "warning" }),
          message:
            asService === undefined
              ? `no container of the selected workloads declares port ${text}, and no Service leads there`
              : `${text} is the port of ${asService.port.service.title}; the workload listens on ${target ?? "another"}`,
          fix:
            target === undefined
              ? "name the port that the workload listens on"
              : `write ${target} instead of ${text}`,
        };
      }
    }
  },
};

/** The ports that a workload says it listens on, and those that Services lead to. */
function listenedPorts(mesh: Mesh, workload: Workload): ReadonlySet<number> {
  const declared = portsOfPod(workload.pod).flatMap(({ containerPort }) => containerPort ?? []);
  const targets = mesh
    .before(workload)
    .flatMap((service) => mesh.portsOf(service))
    .flatMap(({ port }) => targetOf(port, workload) ?? []);
  return new Set([...declared, ...targets]);
}

export const strictWithPlaintext: Check = {
  id: "MT005",
  title: "only mTLS is accepted where plain text still arrives",
  severity: "error",
  why: "The kubelet's probes and clients without a sidecar have no certificate: STRICT cuts them off.",
  *run(mesh) {
    for (const workload of mesh.workloads) {
      if (!mesh.mayBeInMesh(workload)) continue;
      for (const { container, name, port, number } of plainProbes(workload)) {
        const { mode, by } = mesh.mtlsOf(workload, number);
        if (mode !== "STRICT" || by === undefined) continue;
        yield {
          at: workload.at,
          path: [...workload.path, "containers", (workload.pod.containers ?? []).indexOf(container), name],
          message: `the kubelet sends ${name} to port ${port} as plain text, because rewriting probes is switched off, but ${by.title} (${by.where}) accepts mTLS only`,
          fix: "leave the annotation sidecar.istio.io/rewriteAppHTTPProbers out, or make the port PERMISSIVE",
        };
      }
    }
    for (const { namespace, workload: name, source, count } of mesh.plaintext) {
      const workload = mesh.workloadsIn(namespace).find(({ at }) => at.name === name);
      if (workload === undefined) continue;
      const { mode, by } = mesh.mtlsOf(workload);
      if (mode !== "STRICT" || by === undefined) continue;
      yield {
        at: by,
        message: `the metrics count ${count} requests or connections without mTLS from ${source} to ${workload.at.title}, which is to accept mTLS only`,
        fix: "give the client a sidecar first, or keep the port PERMISSIVE",
      };
    }
  },
};
