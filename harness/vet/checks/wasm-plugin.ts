import {
  AuthorizationPolicy,
  KubernetesGateway,
  RequestAuthentication,
  Telemetry,
  TrafficExtension,
  WasmPlugin,
  type Path,
  type Resource,
} from "../../resources/index.js";
import type { Check } from "../check.js";
import type { Mesh } from "../mesh.js";
import { selects, type LabelMap } from "../workload.js";

interface Target {
  readonly group?: string | undefined;
  readonly kind: string;
  readonly name: string;
}

/** A WasmPlugin, or a TrafficExtension with a module in it. */
interface Plugin {
  readonly at: Resource;
  /** Where the module's fields stand. */
  readonly path: Path;
  readonly url: string;
  readonly sha256: string;
  readonly type: string | undefined;
  readonly failStrategy: string | undefined;
  readonly phase: string | undefined;
  readonly pluginName: string;
  readonly targets: readonly Target[];
}

function* plugins(mesh: Mesh): Generator<Plugin> {
  for (const at of mesh.resources.of(WasmPlugin)) {
    const {
      url = "",
      sha256 = "",
      type,
      failStrategy,
      phase,
      pluginName = "",
      targetRef,
      targetRefs,
    } = at.spec;
    const targets = targetRefs ?? (targetRef === undefined ? [] : [targetRef]);
    yield { at, path: ["spec"], url, sha256, type, failStrategy, phase, pluginName, targets };
  }
  for (const at of mesh.resources.of(TrafficExtension)) {
    if (at.spec.wasm === undefined) continue;
    const { url = "", sha256 = "", type, failStrategy, pluginName = "" } = at.spec.wasm;
    const { phase, targetRefs: targets = [] } = at.spec;
    yield { at, path: ["spec", "wasm"], url, sha256, type, failStrategy, phase, pluginName, targets };
  }
}

export const unpinned: Check = {
  id: "WP001",
  title: "the module may change without anybody changing the resource",
  severity: "warning",
  why: "A tag can be moved. Proxies that start later, or whose cache has expired, then run other code than the rest.",
  *run(mesh) {
    for (const { at, path, url, sha256 } of plugins(mesh)) {
      if (sha256 !== "" || /@sha256:[0-9a-f]{64}$/i.test(url) || url.startsWith("file://") || url === "")
        continue;
      const isHttp = /^https?:\/\//.test(url);
      const tag = /:([^:/@]+)$/.exec(url.replace(/^oci:\/\//, "").replace(/^[^/]*/, ""))?.[1];
      const moves = isHttp || tag === undefined || tag === "latest";
      yield {
        at,
        path: [...path, "url"],
        ...(!moves && { severity: "info" }),
        message: isHttp
          ? `${url} is used without sha256`
          : `${url} is used by ${tag === undefined ? "no tag, which means latest" : `the tag ${tag}`}, without a digest`,
        fix: "add sha256 (tremula push prints it), or end the url with @sha256:…",
      };
    }
  },
};

export const failOpen: Check = {
  id: "WP002",
  title: "a security plugin that fails open",
  severity: "error",
  why: "When the module cannot be fetched, or traps, every request passes without having been looked at.",
  *run(mesh) {
    for (const { at, path, phase, failStrategy } of plugins(mesh))
      if (failStrategy === "FAIL_OPEN" && (phase === "AUTHN" || phase === "AUTHZ"))
        yield {
          at,
          path: [...path, "failStrategy"],
          message: `failStrategy is FAIL_OPEN in the phase ${phase}`,
          fix: "use FAIL_RELOAD, or leave it out (FAIL_CLOSE)",
        };
  },
};

/** Our filters that are for one kind of connection only, by the name of plugin or image. */
const OURS: readonly (readonly [RegExp, string])[] = [
  [/\bprotocol[-_]detect/i, "NETWORK"],
  [/\bjwt[-_]authn\b/i, "HTTP"],
];

export const wrongType: Check = {
  id: "WP003",
  title: "the plugin's type does not fit",
  severity: "error",
  why: "Istio puts a plugin into the chain that its type says; where it never gets the callbacks that it waits for, it does nothing.",
  *run(mesh) {
    for (const plugin of plugins(mesh)) {
      const { at, path, url, pluginName, type = "HTTP", targets } = plugin;
      const is = type === "NETWORK" ? "NETWORK" : "HTTP";
      const [, needs] = OURS.find(([name]) => name.test(pluginName) || name.test(url)) ?? [];
      if (needs !== undefined && needs !== is)
        yield {
          at,
          path: [...path, "type"],
          message: `the type is ${is}, but the module is a ${needs} filter`,
          fix: `set type: ${needs}`,
        };
      const waypoint =
        is === "NETWORK" ? targets.find((target) => isWaypoint(mesh, at.namespace, target)) : undefined;
      if (waypoint !== undefined)
        yield {
          at,
          path: [...path, "type"],
          message: `a NETWORK plugin never runs in a waypoint, which ${waypoint.kind} ${waypoint.name} means`,
          fix: "use an HTTP filter, or the workloads' own proxies",
        };
    }
  },
};

function isWaypoint(mesh: Mesh, namespace: string, { kind, name }: Target): boolean {
  if (kind === "Service" || kind === "ServiceEntry") return true;
  if (kind !== "Gateway") return false;
  const gateway = mesh.resources
    .of(KubernetesGateway)
    .find((one) => one.name === name && one.namespace === namespace);
  return gateway?.spec.gatewayClassName === "istio-waypoint";
}

const GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";

export const ineffectiveSelector: Check = {
  id: "WP004",
  title: "a selector for the pods of a Kubernetes Gateway",
  severity: "warning",
  why: "Istio does not look at selectors there: the policy, or plugin, does not run in the gateway.",
  istio: "IST0166",
  *run(mesh) {
    const gateways = mesh.workloads.filter(
      ({ isPod, labels }) => isPod && labels[GATEWAY_NAME] !== undefined,
    );
    for (const kind of [AuthorizationPolicy, RequestAuthentication, Telemetry, WasmPlugin])
      for (const at of mesh.resources.of<Targeted>(kind)) {
        const { selector, targetRef } = at.spec;
        if (targetRef !== undefined || selector === undefined) continue;
        for (const pod of gateways)
          if (pod.namespace === at.namespace && selects(selector.matchLabels, pod.labels))
            yield {
              at,
              path: ["spec", "selector"],
              message: `the selector is for pods of the Gateway ${pod.labels[GATEWAY_NAME]}, where it has no effect`,
              fix: `use targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ${pod.labels[GATEWAY_NAME]}}]`,
            };
      }
  },
};

interface Targeted {
  readonly selector?: { readonly matchLabels?: LabelMap | undefined } | undefined;
  readonly targetRef?: Target | undefined;
}
