import type { JsonObject } from "./json.js";

/** The filters that configuration is generated for; each is a module of that name. */
export const FILTERS = ["jwt-authn", "rbac", "telemetry", "protocol-detection"] as const;
export type FilterName = (typeof FILTERS)[number];

/** A filter with its configuration, and how it has to be loaded. */
export interface Plugin {
  /** Unlike that of any other plugin of the workload. */
  readonly name: string;
  readonly filter: FilterName;
  readonly rootId: string;
  readonly layer: "http" | "network";
  /** Istio's phase: filters of one are behind those of the phase before. */
  readonly phase: "AUTHN" | "AUTHZ" | "STATS" | null;
  /** Which of a sidecar's traffic it looks at. */
  readonly direction: "inbound" | "outbound";
  /** Whether traffic stops when the filter cannot run: yes where it decides, no where it only counts. */
  readonly failClosed: boolean;
  readonly configuration: JsonObject;
}

/** Where Envoy keeps the address of the peer itself for the `rbac` filter. */
export const DIRECT_ADDRESS = "tremula.direct_remote_address";

/** Whether a plugin asks for the address of the peer itself, which Envoy has no attribute for. */
export function needsDirectAddress({ configuration }: Plugin): boolean {
  return JSON.stringify(configuration).includes('"direct_remote_address":{"filter_state"');
}
