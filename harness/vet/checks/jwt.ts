import {
  AuthorizationPolicy,
  Deployment,
  Gateway,
  RequestAuthentication,
  VirtualService,
  type AuthorizationPolicySpec,
  type Resource,
  type VirtualServiceSpec,
} from "../../resources/index.js";
import type { Check } from "../check.js";
import type { Mesh } from "../mesh.js";
import { selects, type LabelMap } from "../workload.js";

export const claimRoute: Check = {
  id: "JW001",
  title: "routing by a claim where no token is checked",
  severity: "error",
  why: "Claims are there for routing only when a RequestAuthentication of the gateway has verified the token they are in.",
  istio: "IST0149",
  *run(mesh) {
    for (const at of mesh.resources.of(VirtualService)) {
      const key = claimKey(at.spec);
      if (key === undefined) continue;
      for (const name of at.spec.gateways ?? []) {
        const gateway = gatewayOf(mesh, name, at.namespace);
        if (gateway === undefined) continue;
        for (const pod of podsOf(mesh, gateway.spec.selector))
          if (!hasRequestAuthentication(mesh, pod))
            yield {
              at,
              message: `routes by ${key}, but no RequestAuthentication is for ${pod.name} of ${gateway.title}`,
              fix: "add a RequestAuthentication that selects the gateway's pods",
            };
      }
    }
  },
};

/** The first header of a match that stands for a claim. */
function claimKey({ http = [] }: VirtualServiceSpec): string | undefined {
  const keys = http.flatMap(({ match = [] }) =>
    match.flatMap(({ headers = {}, withoutHeaders = {} }) => [
      ...Object.keys(headers),
      ...Object.keys(withoutHeaders),
    ]),
  );
  return keys.find((key) => /^@request\.auth\.claims(?:\..|\[.+\]$)/i.test(key));
}

interface GatewayPod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: LabelMap;
}

/** What istioctl takes for granted when it sees no cluster: the gateway that Istio's installation brings. */
const DEFAULT_GATEWAY: GatewayPod = {
  name: "Istio's ingress gateway",
  namespace: "istio-system",
  labels: { istio: "ingressgateway" },
};

function podsOf(mesh: Mesh, selector: LabelMap | undefined): readonly GatewayPod[] {
  const pods = mesh.workloads.filter(({ isPod, labels }) => isPod && selects(selector, labels));
  if (pods.length > 0)
    return pods.map(({ at, namespace, labels }) => ({ name: at.title, namespace, labels }));
  return selects(selector, DEFAULT_GATEWAY.labels) ? [DEFAULT_GATEWAY] : [];
}

function gatewayOf(mesh: Mesh, name: string, from: string) {
  if (name === "mesh") return undefined;
  const [namespace, local] = name.includes("/") ? (name.split("/", 2) as [string, string]) : [from, name];
  return mesh.resources.of(Gateway).find((one) => one.name === local && one.namespace === namespace);
}

function hasRequestAuthentication(mesh: Mesh, { namespace, labels }: GatewayPod): boolean {
  // istioctl looks into this namespace whatever the mesh configuration calls its root.
  return mesh.resources
    .of(RequestAuthentication)
    .some(
      (policy) =>
        [namespace, "istio-system"].includes(policy.namespace) &&
        selects(policy.spec.selector?.matchLabels, labels),
    );
}

export const optionalToken: Check = {
  id: "JW002",
  title: "no policy requires the token",
  severity: "warning",
  why: "A RequestAuthentication refuses invalid tokens only; a request without any token passes.",
  *run(mesh) {
    const requiring = mesh.resources.of(AuthorizationPolicy).filter(needsToken);
    for (const at of mesh.resources.of(RequestAuthentication)) {
      const { jwtRules = [], selector } = at.spec;
      if (jwtRules.length === 0) continue;
      const refs = refsOf(at.spec);
      const required = requiring.some(({ namespace, spec }) => {
        // One for the mesh may leave it to each namespace who needs a token.
        if (![at.namespace, namespace].includes(mesh.rootNamespace) && namespace !== at.namespace)
          return false;
        const others = refsOf(spec);
        if (refs.length + others.length > 0) return refs.some((ref) => others.includes(ref));
        return overlap(spec.selector?.matchLabels, selector?.matchLabels);
      });
      if (required) continue;
      yield {
        at,
        message:
          "no AuthorizationPolicy for the same workloads asks for a token's principal or claims: requests without a token pass",
        fix: 'add an AuthorizationPolicy, action: DENY, with from: [{source: {notRequestPrincipals: ["*"]}}]',
      };
    }
  },
};

/** Whether a policy refuses requests for want of a token. One that only rehearses refuses none. */
function needsToken({ spec, metadata }: Resource<AuthorizationPolicySpec>): boolean {
  const { rules = [], action = "ALLOW" } = spec;
  if (isDryRun(metadata.annotations) || (action !== "ALLOW" && action !== "DENY")) return false;
  const [field, values] =
    action === "ALLOW"
      ? (["requestPrincipals", "values"] as const)
      : (["notRequestPrincipals", "notValues"] as const);
  return rules.some(
    ({ from = [], when = [] }) =>
      from.some(({ source }) => (source?.[field] ?? []).length > 0) ||
      when.some((one) => one.key.startsWith("request.auth.") && (one[values] ?? []).length > 0),
  );
}

/** As Go's ParseBool reads it. */
function isDryRun(annotations: LabelMap): boolean {
  return /^(?:1|t|T|TRUE|true|True)$/.test(annotations["istio.io/dry-run"] ?? "");
}

/** What a policy is attached to, each as a text. */
function refsOf({
  targetRef,
  targetRefs,
}: Pick<AuthorizationPolicySpec, "targetRef" | "targetRefs">): string[] {
  const refs = targetRefs ?? (targetRef === undefined ? [] : [targetRef]);
  return refs.map(({ kind, name }) => `${kind} ${name}`);
}

/** Whether one pod could have the labels of both selectors. */
function overlap(
  one: Readonly<Record<string, string>> = {},
  other: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(one).every(([key, value]) => other[key] === undefined || other[key] === value);
}

export const plainKeys: Check = {
  id: "JW003",
  title: "keys are fetched without TLS",
  severity: "error",
  why: "Whoever is on the way can answer with keys of their own, and then sign any token.",
  *run(mesh) {
    for (const at of mesh.resources.of(RequestAuthentication))
      for (const [index, rule] of (at.spec.jwtRules ?? []).entries()) {
        const uri = rule.jwksUri ?? rule.jwks_uri;
        if (uri === undefined || !/^http:/i.test(uri)) continue;
        yield {
          at,
          path: ["spec", "jwtRules", index, rule.jwksUri === undefined ? "jwks_uri" : "jwksUri"],
          // istiod fetches it, and it is not in the mesh itself.
          ...(isInCluster(uri) && { severity: "warning" }),
          message: `jwksUri is ${uri}`,
          fix: "use https, or put the keys into jwks",
        };
      }
  },
};

function isInCluster(uri: string): boolean {
  const host = /^http:\/\/([^/:]+)/i.exec(uri)?.[1] ?? "";
  return !host.includes(".") || /\.svc(?:\.|$)/.test(host);
}

export const unrestrictedFetch: Check = {
  id: "JW004",
  title: "istiod fetches keys from anywhere",
  severity: "warning",
  why: "Whoever may write a RequestAuthentication can make istiod send requests into networks that only it can reach.",
  istio: "IST0175",
  *run(mesh) {
    const count = mesh.resources.of(RequestAuthentication).length;
    if (count === 0) return;
    for (const at of mesh.resources.of(Deployment)) {
      if (at.metadata.labels["app"] !== "istiod") continue;
      const env = (at.spec.template?.spec?.containers ?? []).flatMap((container) => container.env ?? []);
      if (env.some(({ name, value = "" }) => name === "BLOCKED_CIDRS_IN_JWKS_URIS" && value !== "")) continue;
      yield {
        at,
        message: `BLOCKED_CIDRS_IN_JWKS_URIS is not set, and there are ${count} RequestAuthentications`,
        fix: "set BLOCKED_CIDRS_IN_JWKS_URIS to the networks that hold no keys, such as 169.254.0.0/16",
      };
    }
  },
};
