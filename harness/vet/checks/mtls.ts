import {
  DestinationRule,
  PeerAuthentication,
  type DestinationRuleSpec,
  type Path,
  type Resource,
  type TrafficPolicy,
} from "../../resources/index.js";
import type { Check } from "../check.js";
import { fullHost, servicesOf } from "../hosts.js";
import { targetOf, type Mesh, type MeshPort } from "../mesh.js";
import { ownContainers, type Workload } from "../workload.js";

type Mode = "DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL";

/** A place of a DestinationRule that says how to connect to some ports. */
interface ClientTls {
  readonly rule: Resource<DestinationRuleSpec>;
  readonly path: Path;
  readonly mode: Mode;
  /** Whether it holds for a port of the Service. */
  readonly holdsFor: (port: number) => boolean;
}

function* clientTls(mesh: Mesh): Generator<ClientTls> {
  for (const rule of mesh.resources.of(DestinationRule)) {
    yield* ofPolicy(rule, rule.spec.trafficPolicy, ["spec", "trafficPolicy"]);
    for (const [index, { trafficPolicy }] of (rule.spec.subsets ?? []).entries())
      yield* ofPolicy(rule, trafficPolicy, ["spec", "subsets", index, "trafficPolicy"]);
  }
}

function* ofPolicy(
  rule: Resource<DestinationRuleSpec>,
  policy: TrafficPolicy | undefined,
  path: Path,
): Generator<ClientTls> {
  const perPort = new Set((policy?.portLevelSettings ?? []).map(({ port }) => port?.number));
  // A port's settings take the place of the general ones, even where they say nothing of TLS.
  const mode = policy?.tls?.mode;
  if (mode !== undefined)
    yield { rule, path: [...path, "tls", "mode"], mode, holdsFor: (port) => !perPort.has(port) };
  for (const [index, { port, tls }] of (policy?.portLevelSettings ?? []).entries())
    if (tls?.mode !== undefined)
      yield {
        rule,
        path: [...path, "portLevelSettings", index, "tls", "mode"],
        mode: tls.mode,
        holdsFor: (number) => number === port?.number,
      };
}

/** The workloads, each with its port, that a DestinationRule's setting connects to. */
function* reached(
  mesh: Mesh,
  { rule, holdsFor }: ClientTls,
): Generator<{ port: MeshPort; workload: Workload }> {
  for (const service of servicesOf(mesh, rule.spec.host ?? "", rule.namespace))
    for (const port of mesh.portsOf(service))
      if (holdsFor(port.port.port) && port.converted.protocol !== "UDP")
        for (const workload of mesh.behind(service)) yield { port, workload };
}

export const plaintextToStrict: Check = {
  id: "MT001",
  title: "clients are told not to use mTLS where only mTLS is accepted",
  severity: "error",
  why: "Each connection is refused by the server's proxy; clients see resets or 503 with UF.",
  *run(mesh) {
    for (const tls of clientTls(mesh)) {
      if (tls.mode === "ISTIO_MUTUAL") continue;
      for (const { port, workload } of reached(mesh, tls)) {
        const { mode, by } = mesh.mtlsOf(workload, targetOf(port.port, workload));
        if (mode !== "STRICT" || by === undefined || !mesh.mayBeInMesh(workload)) continue;
        yield {
          at: tls.rule,
          path: tls.path,
          message: `tls.mode is ${tls.mode}, but ${workload.at.title} accepts mTLS only at port ${port.port.port} of ${port.service.title}, by ${by.title} (${by.where})`,
          fix: "leave tls out (mTLS is automatic), or set ISTIO_MUTUAL",
        };
        break;
      }
    }
  },
};

export const mutualToPlaintext: Check = {
  id: "MT002",
  title: "clients are told to use mTLS where nobody speaks it",
  severity: "error",
  why: "ISTIO_MUTUAL is no offer but an order: without a sidecar that accepts it each connection fails.",
  *run(mesh) {
    for (const tls of clientTls(mesh)) {
      if (tls.mode !== "ISTIO_MUTUAL") continue;
      for (const { port, workload } of reached(mesh, tls)) {
        const { mode, by } = mesh.mtlsOf(workload, targetOf(port.port, workload));
        const reason = !mesh.mayBeInMesh(workload)
          ? "has no sidecar"
          : mode === "DISABLE" && by !== undefined
            ? `accepts plain text only, by ${by.title} (${by.where})`
            : undefined;
        if (reason === undefined) continue;
        yield {
          at: tls.rule,
          path: tls.path,
          message: `tls.mode is ISTIO_MUTUAL, but ${workload.at.title} behind ${port.service.title} ${reason}`,
          fix: "leave tls out (mTLS is automatic where there is a sidecar), or set DISABLE",
        };
        break;
      }
    }
  },
};

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
  const declared = (workload.pod.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ containerPort }) => containerPort ?? []),
  );
  const targets = mesh
    .before(workload)
    .flatMap((service) => mesh.portsOf(service))
    .flatMap(({ port }) => targetOf(port, workload) ?? []);
  return new Set([...declared, ...targets]);
}

export const conflictingRules: Check = {
  id: "MT004",
  title: "two DestinationRules say different things about TLS",
  severity: "error",
  why:
    "Istio merges the DestinationRules of one host in one namespace into one, and of their traffic policies takes the oldest " +
    "rule's. Which one that is depends on the order in which they were applied.",
  *run(mesh) {
    const hosts = new Map<string, Resource<DestinationRuleSpec>[]>();
    for (const rule of mesh.resources.of(DestinationRule)) {
      if (rule.spec.workloadSelector !== undefined || rule.spec.trafficPolicy === undefined) continue;
      const key = `${rule.namespace}/${fullHost(rule.spec.host ?? "", rule.namespace)}`;
      hosts.set(key, [...(hosts.get(key) ?? []), rule]);
    }
    for (const [first, ...others] of hosts.values())
      for (const rule of others) {
        if (first === undefined) continue;
        const difference = tlsDifference(first.spec.trafficPolicy, rule.spec.trafficPolicy);
        if (difference === undefined) continue;
        yield {
          at: rule,
          path: ["spec", "trafficPolicy"],
          message: `${difference} than ${first.title} (${first.where}), which is for the same host`,
          fix: "put them into one DestinationRule",
        };
      }
  },
};

function tlsDifference(one: TrafficPolicy | undefined, other: TrafficPolicy | undefined): string | undefined {
  const mode = (policy: TrafficPolicy | undefined, port: number): Mode | undefined => {
    const own = policy?.portLevelSettings?.find(({ port: at }) => at?.number === port);
    return own === undefined ? policy?.tls?.mode : own.tls?.mode;
  };
  if (one?.tls?.mode !== other?.tls?.mode)
    return `tls.mode is ${other?.tls?.mode ?? "not set"}, other (${one?.tls?.mode ?? "not set"})`;
  const ports = [...(one?.portLevelSettings ?? []), ...(other?.portLevelSettings ?? [])].flatMap(
    ({ port }) => port?.number ?? [],
  );
  const port = ports.find((number) => mode(one, number) !== mode(other, number));
  if (port === undefined) return undefined;
  return `tls.mode of port ${port} is ${mode(other, port) ?? "not set"}, other (${mode(one, port) ?? "not set"})`;
}

export const strictWithPlaintext: Check = {
  id: "MT005",
  title: "only mTLS is accepted where plain text still arrives",
  severity: "error",
  why: "The kubelet's probes and clients without a sidecar have no certificate: STRICT cuts them off.",
  *run(mesh) {
    for (const workload of mesh.workloads) {
      if (workload.annotations["sidecar.istio.io/rewriteAppHTTPProbers"] !== "false") continue;
      if (!mesh.mayBeInMesh(workload)) continue;
      for (const container of ownContainers(workload))
        for (const name of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
          const probe = container[name];
          const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
          if (port === undefined) continue;
          const number =
            typeof port === "number"
              ? port
              : container.ports?.find((declared) => declared.name === port)?.containerPort;
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

function* unverified(
  mesh: Mesh,
): Generator<{ rule: Resource<DestinationRuleSpec>; path: Path; mode: Mode; perPort: boolean }> {
  for (const rule of mesh.resources.of(DestinationRule)) {
    const policy = rule.spec.trafficPolicy;
    const places = [
      { tls: policy?.tls, path: ["spec", "trafficPolicy", "tls"] as Path, perPort: false },
      ...(policy?.portLevelSettings ?? []).map(({ tls }, index) => ({
        tls,
        path: ["spec", "trafficPolicy", "portLevelSettings", index, "tls"],
        perPort: true,
      })),
    ];
    for (const { tls, path, perPort } of places) {
      if (tls?.mode !== "SIMPLE" && tls?.mode !== "MUTUAL") continue;
      const bySecret = (tls.credentialName ?? "") !== "" && rule.spec.workloadSelector !== undefined;
      if ((tls.caCertificates ?? "") === "" && !bySecret) yield { rule, path, mode: tls.mode, perPort };
    }
  }
}

function unverifiedCheck(id: string, istio: string, title: string, perPort: boolean): Check {
  return {
    id,
    istio,
    title,
    severity: "warning",
    why: "Without the authority's certificates, whoever answers is believed to be the server.",
    *run(mesh) {
      for (const found of unverified(mesh))
        if (found.perPort === perPort)
          yield {
            at: found.rule,
            path: found.path,
            message: `tls.mode is ${found.mode} without caCertificates: the server's certificate is not verified`,
            fix: "set caCertificates (and subjectAltNames), or credentialName together with a workloadSelector",
          };
    },
  };
}

export const unverifiedServer = unverifiedCheck(
  "MT006",
  "IST0128",
  "the server's certificate is not verified",
  false,
);
export const unverifiedPort = unverifiedCheck(
  "MT007",
  "IST0129",
  "the server's certificate is not verified at a port",
  true,
);
