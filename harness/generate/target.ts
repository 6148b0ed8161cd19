/** What is wrong with a resource, and where in its spec. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** How a resource says which workloads it is for. */
export interface Targeted {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly targetRef?: TargetRef | undefined;
  readonly targetRefs?: readonly TargetRef[] | undefined;
}

export interface TargetRef {
  readonly kind: string;
  readonly name: string;
  readonly group?: string | undefined;
  readonly namespace?: string | undefined;
}

export const GATEWAY_API = "gateway.networking.k8s.io";

/** What a policy may be for besides workloads: `group/kind`. */
const KINDS = new Set([
  "/Service",
  "core/Service",
  "networking.istio.io/ServiceEntry",
  `${GATEWAY_API}/Gateway`,
  `${GATEWAY_API}/GatewayClass`,
]);

/** All that a resource refers to. */
export function refsOf({ targetRef, targetRefs = [] }: Targeted): readonly TargetRef[] {
  return targetRef ? [targetRef, ...targetRefs] : targetRefs;
}

const refsAt = ({ targetRef }: Targeted) => [targetRef ? "targetRef" : "targetRefs"];

/** What Istio's validation refuses in the way in which a resource says what it is for. */
export function validateTarget(spec: Targeted): Problem[] {
  const ways = [
    spec.selector !== undefined,
    spec.targetRef !== undefined,
    (spec.targetRefs ?? []).length > 0,
  ];
  const labels = Object.entries(spec.selector?.matchLabels ?? {});
  return [
    ...(ways.filter(Boolean).length > 1
      ? [{ path: ["selector"], message: "only one of selector, targetRef and targetRefs may be there" }]
      : []),
    ...labels
      .filter(([name, value]) => name === "" || `${name}${value}`.includes("*"))
      .map(([name]) => ({
        path: ["selector", "matchLabels", name],
        message: "a label has a name, and no asterisk in it or in its value",
      })),
    ...refsOf(spec).flatMap(({ name, namespace = "" }) => [
      ...(name === "" ? [{ path: refsAt(spec), message: "what a policy is for has a name" }] : []),
      ...(namespace === ""
        ? []
        : [
            {
              path: refsAt(spec),
              message: "a policy cannot be for what is in other namespaces, nor name its own",
            },
          ]),
    ]),
    ...refsOf(spec)
      .filter(({ group = "", kind }) => !KINDS.has(`${group}/${kind}`))
      .map(({ group = "", kind }) => ({
        path: refsAt(spec),
        message: `a policy cannot be for a ${group === "" ? kind : `${kind} of ${group}`}`,
      })),
  ];
}
