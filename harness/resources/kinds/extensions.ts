import { z } from "zod";
import { kind, type SpecOf } from "../kind.js";
import { fields, free, int, matchLabels, target, targetRef, text, textMap } from "../schema.js";

const workloadMode = z.enum(["UNDEFINED", "CLIENT", "SERVER", "CLIENT_AND_SERVER"]);
const match = z.array(fields({ mode: workloadMode, ports: z.array(z.strictObject({ number: int })) }));

const wasm = {
  url: text,
  sha256: text,
  imagePullPolicy: z.enum(["UNSPECIFIED_POLICY", "IfNotPresent", "Always"]),
  imagePullSecret: text,
  verificationKey: text,
  pluginConfig: free,
  pluginName: text,
  failStrategy: z.enum(["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"]),
  vmConfig: fields({
    env: z.array(
      z.strictObject({
        name: text,
        value: text.optional(),
        valueFrom: z.enum(["INLINE", "HOST"]).optional(),
      }),
    ),
  }),
  type: z.enum(["UNSPECIFIED_PLUGIN_TYPE", "HTTP", "NETWORK"]),
};

/** Istio's WasmPlugin. */
export const WasmPlugin = kind({
  kind: "WasmPlugin",
  nulls: ["pluginConfig"],
  group: "extensions.istio.io",
  versions: ["v1alpha1"],
  schema: fields({
    ...target,
    ...wasm,
    phase: z.enum(["UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"]),
    priority: int,
    match,
  }),
});

/** Istio's TrafficExtension, which takes the place of WasmPlugin. */
export const TrafficExtension = kind({
  kind: "TrafficExtension",
  nulls: ["pluginConfig"],
  group: "extensions.istio.io",
  versions: ["v1alpha1"],
  schema: fields({
    selector: matchLabels,
    targetRefs: z.array(targetRef),
    phase: z.enum(["UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"]),
    priority: int,
    match,
    wasm: fields(wasm),
    lua: fields({ inlineCode: text }),
  }),
});

const subFilter = fields({ name: text, subFilter: fields({ name: text }) });

const patchMatch = fields({
  context: z.enum(["ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY", "WAYPOINT"]),
  proxy: fields({ proxyVersion: text, metadata: textMap }),
  listener: fields({
    name: text,
    portName: text,
    portNumber: int,
    listenerFilter: text,
    filterChain: fields({
      name: text,
      sni: text,
      transportProtocol: text,
      applicationProtocols: text,
      destinationPort: int,
      filter: subFilter,
    }),
  }),
  routeConfiguration: fields({
    name: text,
    gateway: text,
    portName: text,
    portNumber: int,
    vhost: fields({
      name: text,
      domainName: text,
      route: fields({ name: text, action: z.enum(["ANY", "ROUTE", "REDIRECT", "DIRECT_RESPONSE"]) }),
    }),
  }),
  cluster: fields({ name: text, portNumber: int, service: text, subset: text }),
  waypoint: fields({ portNumber: int, filter: subFilter, route: fields({ name: text }) }),
});

/** Istio's EnvoyFilter. What it puts into Envoy's configuration is free. */
export const EnvoyFilter = kind({
  kind: "EnvoyFilter",
  nulls: ["value"],
  group: "networking.istio.io",
  versions: ["v1alpha3"],
  schema: fields({
    workloadSelector: fields({ labels: textMap }),
    targetRefs: z.array(targetRef),
    priority: int,
    configPatches: z.array(
      fields({
        applyTo: z.enum([
          "INVALID",
          "LISTENER",
          "FILTER_CHAIN",
          "NETWORK_FILTER",
          "HTTP_FILTER",
          "ROUTE_CONFIGURATION",
          "VIRTUAL_HOST",
          "HTTP_ROUTE",
          "CLUSTER",
          "EXTENSION_CONFIG",
          "BOOTSTRAP",
          "LISTENER_FILTER",
        ]),
        match: patchMatch,
        patch: fields({
          operation: z.enum([
            "INVALID",
            "MERGE",
            "ADD",
            "REMOVE",
            "INSERT_BEFORE",
            "INSERT_AFTER",
            "INSERT_FIRST",
            "REPLACE",
            "MERGE_AND_REPLACE_LIST",
          ]),
          filterClass: z.enum(["UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"]),
          value: free,
        }),
      }),
    ),
  }),
});
export type EnvoyFilterSpec = SpecOf<typeof EnvoyFilter>;
