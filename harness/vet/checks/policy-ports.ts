import { isHttp } from "../../protocol/declarations-convert.js";
import {
  AuthorizationPolicy,
  RequestAuthentication,
  TrafficExtension,
  WasmPlugin,
  type AuthorizationPolicySpec,
  type Path,
  type Resource,
} from "../../resources/index.js";
import type { Check, Complaint } from "../check.js";
import { targetOf, type Mesh, type MeshPort } from "../mesh.js";
import type { LabelMap, Workload } from "../workload.js";

type Rule = NonNullable<AuthorizationPolicySpec["rules"]>[number];

const HTTP_SOURCE = ["requestPrincipals", "notRequestPrincipals"] as const;
const HTTP_OPERATION = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"] as const;

/** A resource that only HTTP connections are held to. */
interface HttpPolicy {
  readonly at: Resource;
  readonly path: Path;
  readonly selector: LabelMap | undefined;
  /** Whether it says which ports of the workload it is for. */
  readonly namesPorts: boolean;
  /** Whether it can be for a port of the workload; undefined is one whose number is not known. */
  readonly isFor: (port: number | undefined) => boolean;
  /** What becomes of it on a connection that is taken for TCP. */
  readonly onTcp: string;
}

function* httpPolicies(mesh: Mesh): Generator<HttpPolicy> {
  for (const at of mesh.resources.of(AuthorizationPolicy)) {
    const { rules = [], action = "ALLOW", targetRef, targetRefs, selector } = at.spec;
    if (targetRef !== undefined || targetRefs !== undefined) continue;
    for (const [index, rule] of rules.entries()) {
      const field = httpField(rule);
      if (field === undefined) continue;
      yield {
        at,
        path: ["spec", "rules", index],
        selector: selector?.matchLabels,
        ...portsOf(rule),
        onTcp:
          action === "ALLOW"
            ? `the rule is dropped because of ${field}, and allows nothing`
            : `${field} is dropped from the rule, which then is for more than it says`,
      };
    }
  }
  for (const at of mesh.resources.of(RequestAuthentication)) {
    const { jwtRules = [], targetRef, targetRefs, selector } = at.spec;
    if (targetRef !== undefined || targetRefs !== undefined || jwtRules.length === 0) continue;
    yield { at, path: [], selector: selector?.matchLabels, ...ANY, onTcp: "no token is looked at" };
  }
  for (const at of mesh.resources.of(WasmPlugin)) {
    if (at.spec.type === "NETWORK" || at.spec.targetRef || at.spec.targetRefs) continue;
    yield {
      at,
      path: [],
      selector: at.spec.selector?.matchLabels,
      ...matched(at.spec.match),
      onTcp: "the plugin never runs",
    };
  }
  for (const at of mesh.resources.of(TrafficExtension)) {
    if (at.spec.wasm?.type === "NETWORK" || at.spec.targetRefs) continue;
    yield {
      at,
      path: [],
      selector: at.spec.selector?.matchLabels,
      ...matched(at.spec.match),
      onTcp: "the extension never runs",
    };
  }
}

/** The first field of a rule that a TCP connection does not have. */
function httpField({ from = [], to = [], when = [] }: Rule): string | undefined {
  const source = from.flatMap(({ source }) => HTTP_SOURCE.filter((name) => source?.[name] !== undefined));
  const operation = to.flatMap(({ operation }) =>
    HTTP_OPERATION.filter((name) => operation?.[name] !== undefined),
  );
  const condition = when.map(({ key }) => key).filter((key) => key.startsWith("request."));
  return [...source, ...operation, ...condition][0];
}

type Ports = Pick<HttpPolicy, "namesPorts" | "isFor">;

const ANY: Ports = { namesPorts: false, isFor: () => true };

/** The ports that a rule can be for: those of an operation, which a condition narrows. */
function portsOf({ to = [], when = [] }: Rule): Ports {
  const operations = to.map(({ operation }) => ({
    values: operation?.ports,
    notValues: operation?.notPorts,
  }));
  const conditions = when.filter(({ key }) => key === "destination.port");
  const namesPorts = (operations.length > 0 && operations.every(isNarrow)) || conditions.some(isNarrow);
  if (!namesPorts) return ANY;
  return {
    namesPorts,
    isFor: (port) =>
      port !== undefined &&
      (operations.length === 0 || operations.some((one) => admits(one, port))) &&
      conditions.every((one) => admits(one, port)),
  };
}

interface Ranges {
  readonly values?: readonly string[] | undefined;
  readonly notValues?: readonly string[] | undefined;
}

const isNarrow = ({ values = [], notValues = [] }: Ranges): boolean => values.length + notValues.length > 0;

function admits({ values = [], notValues = [] }: Ranges, port: number): boolean {
  const text = String(port);
  return (values.length === 0 || values.includes(text)) && !notValues.includes(text);
}

function matched(match: readonly { ports?: { number: number }[] | undefined }[] | undefined): Ports {
  if (match === undefined || match.length === 0 || match.some(({ ports }) => ports === undefined)) return ANY;
  const ports = new Set(match.flatMap(({ ports = [] }) => ports.map(({ number }) => number)));
  return { namesPorts: true, isFor: (port) => port !== undefined && ports.has(port) };
}

export const policyOnTcp: Check = {
  id: "PD007",
  title: "a policy for HTTP on a port that is not declared HTTP",
  severity: "error",
  why:
    "On a sniffed port the client's first bytes decide whether a connection is HTTP, so the client decides whether the " +
    "policy holds; on a TCP port it never does as it is written.",
  *run(mesh) {
    for (const policy of httpPolicies(mesh)) {
      const seen = new Set<MeshPort>();
      for (const workload of mesh.selected(policy.at.namespace, policy.selector))
        for (const port of openPorts(mesh, workload, policy)) {
          if (seen.has(port)) continue;
          seen.add(port);
          yield complaint(policy, port);
        }
    }
  },
};

function* openPorts(mesh: Mesh, workload: Workload, { at, isFor }: HttpPolicy): Generator<MeshPort> {
  // In the ambient mesh a waypoint looks at HTTP, and no port is sniffed; outside nothing is held to a policy.
  if (!mesh.mayBeInMesh(workload) || mesh.isAmbient(workload)) return;
  for (const service of mesh.before(workload))
    for (const port of mesh.portsOf(service)) {
      const { protocol } = port.converted;
      if (isHttp(protocol) || protocol === "UDP") continue;
      // It has no field for ports, and by itself lets pass what brings no token.
      if (at.is(RequestAuthentication) && protocol !== "Unsupported") continue;
      if (isFor(targetOf(port.port, workload))) yield port;
    }
}

function complaint(
  { at, path, onTcp, namesPorts }: HttpPolicy,
  { service, port, converted }: MeshPort,
): Complaint {
  const which = `port ${port.name ?? port.port} of ${service.title} (${service.where})`;
  if (converted.protocol === "Unsupported")
    return {
      at,
      path,
      message: `${which} is sniffed: on a connection that does not begin like HTTP, ${onTcp}`,
      fix: "declare the port: appProtocol: http, http2 or grpc",
    };
  return {
    at,
    path,
    // A workload that speaks HTTP at one port and something else at another is nothing unusual.
    ...(!namesPorts && { severity: "warning" }),
    message: `${which} is ${converted.protocol}: there, ${onTcp}`,
    fix: "declare the port HTTP if it is, or say in the policy which ports it is for",
  };
}
