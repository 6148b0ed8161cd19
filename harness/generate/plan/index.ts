import {
  AuthorizationPolicy,
  PeerAuthentication,
  pathText,
  problemsError,
  RequestAuthentication,
  Telemetry,
  type Kind,
  type Problem as ResourceProblem,
  type Resource,
  type Resources,
} from "../../resources/index.js";
import { validatePolicy } from "../authorization/validate.js";
import { validateTarget, type Problem, type Targeted } from "../target.js";
import { Journal } from "../journal.js";
import { validatePeerAuthentication } from "../peer-authentication.js";
import { servedPorts } from "../ports.js";
import { ownFirst, validateAuthentication } from "../request-authentication.js";
import type { Given } from "../resource.js";
import { combine, SecureIngressPolicy } from "../secure-ingress/index.js";
import { remarkSharedIssuers } from "../secure-ingress/shared-issuers.js";
import { oldestFirst, select, type Workload } from "../select.js";
import { validateTelemetry } from "../validate-telemetry.js";
import { planJwt } from "./jwt.js";
import { planPeer } from "./peer.js";
import { planProtocols } from "./protocols.js";
import { planRbac } from "./rbac.js";
import { planTelemetry } from "./telemetry.js";
import type { Plan, PlanOptions } from "./types.js";

export type { Plan, PlanOptions } from "./types.js";

/**
 * Decides what is enforced for a workload, and by which filters.
 *
 * @throws HarnessError that names file, line and path of each field that Istio would refuse
 */
export function makePlan(resources: Resources, options: PlanOptions): Plan {
  refuseInvalid(resources);
  const journal = new Journal();
  const { workload } = options;
  const selected = <T extends Given<Targeted>>(all: readonly T[]) => selectAll(all, workload, journal);

  const ingress = combine(selected(resources.of(SecureIngressPolicy)), journal);
  const authentications = ownFirst(selected(resources.of(RequestAuthentication)), workload);
  if (ingress) remarkSharedIssuers(ingress, authentications, journal);
  const policies = selected(resources.of(AuthorizationPolicy));
  const ports = servedPorts(resources, workload, journal);
  const jwt = planJwt([...authentications, ...(ingress?.authentications ?? [])], ingress, options, journal);
  const rbac = planRbac([...policies, ...(ingress?.policies ?? [])], ingress, ports, options, journal);
  const telemetry = planTelemetry(resources, ports, options, journal);
  return {
    options,
    plugins: [...jwt.plugins, ...rbac, ...planProtocols(ports, journal), ...telemetry.plugins],
    servers: jwt.servers,
    ports,
    peer: planPeer(resources, workload, journal),
    log: telemetry.log,
    ingress,
    journal,
  };
}

function selectAll<T extends Given<Targeted>>(all: readonly T[], workload: Workload, journal: Journal): T[] {
  return oldestFirst(all).filter((resource) => {
    const { scope, why } = select(resource, workload, true);
    if (scope === null) journal.passOver(resource, why);
    return scope !== null;
  });
}

function refuseInvalid(resources: Resources): void {
  const problems = [
    ...problemsOf(resources, AuthorizationPolicy, validatePolicy),
    ...problemsOf(resources, RequestAuthentication, validateAuthentication),
    ...problemsOf(resources, PeerAuthentication, validatePeerAuthentication),
    ...problemsOf(resources, Telemetry, validateTelemetry),
    ...problemsOf(resources, SecureIngressPolicy, ({ spec }) => validateTarget(spec)),
  ];
  if (problems.length > 0) throw problemsError(problems);
}

function problemsOf<Spec>(
  resources: Resources,
  kind: Kind<Spec>,
  validate: (resource: Resource<Spec>) => Problem[],
): ResourceProblem[] {
  return resources.of(kind).flatMap((resource) =>
    validate(resource).map(({ path, message }) => {
      const whole = ["spec", ...path];
      return {
        position: resource.positionOf(whole),
        object: resource.title,
        path: pathText(whole),
        message,
      };
    }),
  );
}
