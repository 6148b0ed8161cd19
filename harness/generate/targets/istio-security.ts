import type { JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import { namesHosts } from "../secure-ingress/index.js";
import type { PathNormalization } from "./listener.js";
import { object } from "./istio.js";

const API = "security.istio.io/v1";

/** The SecureIngressPolicies of a workload in Istio's own words, for proxies without our filters. */
export function istioSecurity(plan: Plan, normalization: PathNormalization): JsonObject[] {
  const { ingress, journal } = plan;
  if (ingress === null) return [];
  for (const resource of ingress.resources) {
    const { mode, missingTokenStatus, ambiguousPaths } = resource.spec;
    if (missingTokenStatus === 401) {
      const why = "missingTokenStatus 401: Istio denies with 403; write missingTokenStatus: 403";
      journal.partial(resource, why);
    }
    if (mode === "require" && ambiguousPaths === "reject") {
      const why =
        "mode require guards the paths as Envoy has them, and Istio has no rule that refuses ambiguous ones: a server that reads " +
        "/x;y or /%2e%2e as another path can be misled. Write mode exempt, or ambiguousPaths: allow";
      journal.partial(resource, why);
    }
    if (mode === "exempt" && namesHosts(resource)) {
      const why =
        "for Istio a request with Host: open.example:80@else.example is one for open.example: let nothing behind it read another " +
        "host there, or name paths instead of hosts";
      journal.remark(resource, why);
    }
    if (mode === "require" && normalization !== "DECODE_AND_MERGE_SLASHES") {
      const why =
        "mode require with a mesh whose pathNormalization is less than DECODE_AND_MERGE_SLASHES (say so with --path-normalization): " +
        "//admin and /%61dmin are not /admin there";
      journal.partial(resource, why);
    }
  }
  return [
    ...ingress.authentications.map(({ name, spec }) =>
      object(API, "RequestAuthentication", name, plan, spec as unknown as JsonObject),
    ),
    ...ingress.policies.map(({ name, spec }) =>
      object(API, "AuthorizationPolicy", name, plan, spec as unknown as JsonObject),
    ),
  ];
}
