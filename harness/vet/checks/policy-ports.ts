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
  /** Ports of the workload that it is for; undefined for all. */
  readonly ports: ReadonlySet<number> | undefined;
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
        ports: portsOf(rule),
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
    yield { at, path: [], selector: selector?.matchLabels, ports: undefined, onTcp: "no token is looked at" };
  }
  for (const at of mesh.resources.of(WasmPlugin)) {
    if (at.spec.type === "NETWORK" || at.spec.targetRef || at.spec.targetRefs) continue;
    yield {
      at,
      path: [],
      selector: at.spec.selector?.matchLabels,
      ports: matched(at.spec.match),
      onTcp: "the plugin never runs",
    };
  }
  for (const at of mesh.resources.of(TrafficExtension)) {
    if (at.spec.wasm?.type === "NETWORK" || at.spec.targetRefs) continue;
    yield {
      at,
      path: [],
      selector: at.spec.selector?.matchLabels,
      ports: matched(at.spec.match),
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

/** The ports that every alternative of a rule names. */
function portsOf({ to = [] }: Rule): ReadonlySet<number> | undefined {
  if (to.length === 0 || to.some(({ operation }) => operation?.ports === undefined)) return undefined;
  return new Set(to.flatMap(({ operation }) => (operation?.ports ?? []).map(Number)));
}

function matched(
  match: readonly { ports?: { number: number }[] | undefined }[] | undefined,
): ReadonlySet<number> | undefined {
  if (match === undefined || match.length === 0 || match.some(({ ports }) => ports === undefined))
    return undefined;
  return new Set(match.flatMap(({ ports = [] }) => ports.map(({ number }) => number)));
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

function* openPorts(mesh: Mesh, workload: Workload, { ports }: HttpPolicy): Generator<MeshPort> {
  for (const service of mesh.before(workload))
    for (const port of mesh.portsOf(service)) {
      const { protocol } = port.converted;
      if (isHttp(protocol) || protocol === "UDP") continue;
      const target = targetOf(port.port, workload);
      if (ports === undefined ? true : target !== undefined && ports.has(target)) yield port;
    }
}

function complaint(
  { at, path, onTcp, ports }: HttpPolicy,
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
    ...(ports === undefined && { severity: "warning" }),
    message: `${which} is ${converted.protocol}: there, ${onTcp}`,
    fix: "declare the port HTTP if it is, or say in the policy which ports it is for",
  };
}
