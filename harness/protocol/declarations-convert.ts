/** What Istio takes a port to speak; `Unsupported` is what it finds out by sniffing. */
export type IstioProtocol =
  | "TCP"
  | "UDP"
  | "GRPC"
  | "GRPC-Web"
  | "HTTP"
  | "HTTP_PROXY"
  | "HTTP2"
  | "HTTPS"
  | "TLS"
  | "Mongo"
  | "Redis"
  | "MySQL"
  | "Unsupported";

/** What decided, from the strongest to the weakest. */
export type ConvertReason = "transport" | "appProtocol" | "port-name" | "well-known" | "sniff";

export interface Converted {
  readonly protocol: IstioProtocol;
  readonly reason: ConvertReason;
}

const NAMES: ReadonlyMap<string, IstioProtocol> = new Map([
  ["tcp", "TCP"],
  ["udp", "UDP"],
  ["grpc", "GRPC"],
  ["grpc-web", "GRPC-Web"],
  ["http", "HTTP"],
  ["http_proxy", "HTTP_PROXY"],
  ["http2", "HTTP2"],
  ["https", "HTTPS"],
  ["tls", "TLS"],
  ["mongo", "Mongo"],
  ["redis", "Redis"],
  ["mysql", "MySQL"],
]);

/** Kubernetes' own values of appProtocol. */
const KUBERNETES: ReadonlyMap<string, IstioProtocol> = new Map([
  ["kubernetes.io/h2c", "HTTP2"],
  ["kubernetes.io/ws", "HTTP"],
  ["kubernetes.io/wss", "HTTPS"],
]);

/** SMTP, DNS, MySQL and MongoDB: sniffing would break them, so Istio takes them for TCP when nothing else is said. */
const WELL_KNOWN: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

const GRPC_WEB = "grpc-web";

/**
 * What Istio makes of a Service's port (`ConvertProtocol` in istio/pkg/config/kube), and why. `appProtocol` beats the
 * name even where Istio does not know it.
 *
 * @param port the Service's port
 * @param proto the transport protocol, `TCP` when omitted in the Service
 */
export function convertProtocol(
  port: number,
  name: string | undefined,
  proto?: string,
  appProtocol?: string,
): Converted {
  if (proto === "UDP") return { protocol: "UDP", reason: "transport" };
  const own = appProtocol === undefined ? undefined : KUBERNETES.get(appProtocol);
  if (own !== undefined) return { protocol: own, reason: "appProtocol" };
  const known = protocolOfName(appProtocol ?? name ?? "");
  if (known !== undefined)
    return { protocol: known, reason: appProtocol === undefined ? "port-name" : "appProtocol" };
  if (WELL_KNOWN.has(port)) return { protocol: "TCP", reason: "well-known" };
  return { protocol: "Unsupported", reason: "sniff" };
}

/** `http-admin` and `HTTP` as HTTP; undefined when the name begins with no protocol that Istio knows. */
export function protocolOfName(name: string): IstioProtocol | undefined {
  const lower = name.toLowerCase();
  // Before the name is cut at its first hyphen, which this one has.
  if (lower.startsWith(GRPC_WEB)) return "GRPC-Web";
  return NAMES.get(lower.split("-", 1)[0] ?? "");
}

/** Whether Istio gives the port an HTTP connection manager, so that policies for HTTP hold there. */
export function isHttp(protocol: IstioProtocol): boolean {
  return ["HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-Web"].includes(protocol);
}
