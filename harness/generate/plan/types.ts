import type { Journal } from "../journal.js";
import type { JsonObject } from "../json.js";
import type { PeerModes } from "../peer-authentication.js";
import type { Plugin } from "../plugin.js";
import type { ServedPort } from "../ports.js";
import type { KeyServer } from "../request-authentication.js";
import type { Ingress } from "../secure-ingress/index.js";
import type { Workload } from "../select.js";
import type { AccessLog } from "../access-log.js";

/** What decides how resources become configuration, besides the resources. */
export interface PlanOptions {
  readonly workload: Workload;
  /** The filters' own: `envoy` decides as the native filters do also where those are lax. */
  readonly mode: "strict" | "envoy";
  /** Sets of keys to use in place of addresses, or of an issuer's unknown address. */
  readonly keys: ReadonlyMap<string, string>;
  /** Names the cluster by which a server with keys is reached. */
  readonly nameCluster: (host: string, port: number) => string;
  /** Whether nothing in front takes a client's address from headers, so that Envoy's attribute is the peer's. */
  readonly remoteIsDirect: boolean;
  /** Whether the workload is a gateway: its traffic comes from clients and goes out. */
  readonly isGateway: boolean;
}

/** All that is enforced and counted for one workload; what a target writes. */
export interface Plan {
  readonly options: PlanOptions;
  /** In the order of the filter chain. */
  readonly plugins: readonly Plugin[];
  readonly servers: readonly KeyServer[];
  readonly ports: readonly ServedPort[];
  readonly peer: PeerModes;
  readonly log: AccessLog | null;
  /** What our own resources come to, or null. */
  readonly ingress: Ingress | null;
  readonly journal: Journal;
}

/** The field by which the filters decide as native ones do. */
export function modeOf({ mode }: PlanOptions): JsonObject {
  return mode === "strict" ? {} : { mode };
}

/** The layers at which there is something to do. */
export function layersOf(ports: readonly ServedPort[]): readonly ("http" | "network")[] {
  const isHttp = ports.length === 0 || ports.some((port) => port.isHttp);
  const isTcp = ports.some((port) => !port.isHttp);
  return [...(isHttp ? (["http"] as const) : []), ...(isTcp ? (["network"] as const) : [])];
}
