import {
  ServiceEntry,
  VirtualService,
  type Destination,
  type Path,
  type Resource,
  type VirtualServiceSpec,
} from "../../resources/index.js";
import type { Check } from "../check.js";
import { covers, fullHost, hostOf } from "../hosts.js";
import type { Mesh } from "../mesh.js";

/** The hosts that routes may lead to, each with its ports, by the namespace that sees it: `*` for all. */
type Known = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/** What Istio's installation brings, and nobody has in their files; istioctl takes it for granted too. */
const INGRESS_GATEWAY = [
  "istio-ingressgateway.istio-system.svc.cluster.local",
  [80, 443, 31400, 15443],
] as const;

function knownHosts(mesh: Mesh): Known {
  const known = new Map<string, Map<string, readonly number[]>>([["*", new Map([INGRESS_GATEWAY])]]);
  const add = (scope: string, host: string, ports: readonly number[]): void => {
    const hosts = known.get(scope) ?? new Map<string, readonly number[]>();
    known.set(scope, hosts.set(host, ports));
  };
  for (const { namespace, spec } of mesh.resources.of(ServiceEntry)) {
    const ports = (spec.ports ?? []).flatMap(({ number }) => number ?? []);
    for (const scope of scopes(spec.exportTo ?? [], namespace))
      for (const host of spec.hosts ?? []) add(scope, fullHost(host, namespace), ports);
  }
  for (const service of mesh.services) {
    const exported = service.metadata.annotations["networking.istio.io/exportTo"] ?? "";
    const ports = (service.spec.ports ?? []).map(({ port }) => port);
    for (const scope of scopes(exported === "" ? [] : exported.split(","), service.namespace))
      add(scope, hostOf(service), ports);
  }
  return known;
}

function scopes(exportTo: readonly string[], namespace: string): readonly string[] {
  const names = exportTo.map((name) => name.trim()).map((name) => (name === "." ? namespace : name));
  return names.length === 0 || names.includes("*") ? ["*"] : names;
}

/** The ports of a host that a VirtualService sees; undefined when it sees no such host. */
function portsOf(
  known: Known,
  { namespace, spec }: Resource<VirtualServiceSpec>,
  host: string,
): readonly number[] | undefined {
  const full = fullHost(host, namespace);
  const own = (spec.exportTo ?? ["."]).map((name) => (name === "." ? namespace : name));
  for (const scope of ["*", ...(own.length === 0 ? [namespace] : own)]) {
    const ports = known.get(scope)?.get(full);
    if (ports !== undefined) return ports;
  }
  // A route may also lead to a host below one that is known as a wildcard.
  const bare = host.startsWith("*") ? host.slice(1) : host;
  for (const scope of ["*", namespace])
    for (const [wildcard, ports] of known.get(scope) ?? [])
      if (wildcard.startsWith("*") && covers(wildcard, bare)) return ports;
  return undefined;
}

interface Target {
  readonly destination: Destination | undefined;
  readonly path: Path;
  readonly what: string;
}

function targetsOf({ http = [], tls = [], tcp = [] }: VirtualServiceSpec): Target[] {
  const routes = (
    [
      ["tcp", tcp],
      ["tls", tls],
      ["http", http],
    ] as const
  ).flatMap(([field, rules]) =>
    rules.flatMap(({ route = [] }, rule) =>
      route.map(({ destination }, index) => ({
        destination,
        path: ["spec", field, rule, "route", index, "destination", "host"],
        what: "host",
      })),
    ),
  );
  const mirrors = http.flatMap(({ mirror, mirrors = [] }, rule) => [
    ...(mirror === undefined
      ? []
      : [{ destination: mirror, path: ["spec", "http", rule, "mirror", "host"], what: "mirror host" }]),
    ...mirrors.map(({ destination }, index) => ({
      destination,
      path: ["spec", "http", rule, "mirrors", index, "destination", "host"],
      what: "mirror host",
    })),
  ]);
  return [...routes, ...mirrors];
}

export const danglingRoute: Check = {
  id: "VS001",
  title: "a route to a host that does not exist",
  severity: "error",
  why: "Requests that take the route are answered with 503.",
  istio: "IST0101",
  *run(mesh) {
    const known = knownHosts(mesh);
    for (const at of mesh.resources.of(VirtualService))
      for (const { destination, path, what } of targetsOf(at.spec)) {
        const host = destination?.host ?? "";
        const ports = portsOf(known, at, host);
        const port = destination?.port?.number;
        if (ports === undefined)
          yield {
            at,
            path,
            message: `there is no Service or ServiceEntry for the ${what} ${JSON.stringify(host)}${host.includes(".") ? "" : ` in the namespace ${at.namespace}`}`,
            fix: "correct the name, with its namespace if it is in another, or give the Service too",
          };
        else if (port !== undefined && !ports.includes(port))
          yield {
            at,
            path: [...path.slice(0, -1), "port"],
            message: `${host} has no port ${port}${ports.length === 0 ? "" : `, but ${ports.join(", ")}`}`,
            fix: "correct the port",
          };
      }
  },
};
