import { createHash } from "node:crypto";
import type { ImageList } from "../../images/image-list.js";
import { ExitCode, HarnessError } from "../../errors.js";
import { compact, type JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import type { FilterName, Plugin } from "../plugin.js";
import type { KeyServer } from "../request-authentication.js";

/** What has to be known of a mesh, besides what is enforced. */
export interface MeshOptions {
  readonly images: ImageList;
  /** What Istio does while a filter that decides cannot run. FAIL_RELOAD is of Istio 1.27 and later. */
  readonly failStrategy: "FAIL_CLOSE" | "FAIL_RELOAD";
  readonly imagePullSecret: string | null;
}

/** Where a filter's image is. */
export function imageOf(filter: FilterName, { images }: MeshOptions): { url: string; sha256: string } {
  const image = images[filter];
  if (image) return image;
  throw new HarnessError("IMAGE_UNKNOWN", `it is not said where the image of ${filter} is`, {
    exitCode: ExitCode.usage,
    hint: `\`tremula push build/${filter}.wasm oci://… --images FILE\` pushes it; then --images FILE here`,
  });
}

/** An image's address with the digest of its manifest, so that nobody can put another one in its place. */
export function pinned({ url, sha256 }: { url: string; sha256: string }): string {
  const bare = url.replace(/@sha256:.*$/, "");
  const withScheme = bare.includes("://") ? bare : `oci://${bare}`;
  return `${withScheme}@sha256:${sha256}`;
}

/** Whom Istio's resources are for, by labels or by the Gateway's name. */
export function target({ options: { workload } }: Plan): JsonObject {
  if (workload.gateway !== undefined) {
    const ref = { group: "gateway.networking.k8s.io", kind: "Gateway", name: workload.gateway };
    return { targetRefs: [ref] };
  }
  if (Object.keys(workload.labels).length === 0) return {};
  return { selector: { matchLabels: { ...workload.labels } } };
}

/** EnvoyFilter's word for a selector. */
export function workloadSelector(plan: Plan): JsonObject {
  const { selector, ...rest } = target(plan) as { selector?: { matchLabels: JsonObject } };
  return { ...rest, ...(selector && { workloadSelector: { labels: selector.matchLabels } }) };
}

/** A plugin's name as that of a resource, which other workloads of the namespace must not have. */
export function nameOf(plugin: string, { options: { workload } }: Plan): string {
  const name = workload.name === null ? "" : nameFor(workload.name);
  return name === "" ? plugin : plugin.replace(/^tremula/, `tremula-${name}`);
}

/** So much room is for the name of a workload, whose plugins' names are behind it: some become labels, of 63 characters. */
const LONGEST_NAME = 40;

/** A name that Kubernetes takes. What has to be left out of it is told apart by a digest, or two workloads would share resources. */
function nameFor(workload: string): string {
  const plain = workload
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  if (plain === workload && plain.length <= LONGEST_NAME) return plain;
  const digest = createHash("sha256").update(workload).digest("hex").slice(0, 8);
  return plain === "" ? digest : `${plain.slice(0, LONGEST_NAME - 9).replace(/-$/, "")}-${digest}`;
}

/** A resource of Istio's with a name in the workload's namespace. */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  plan: Plan,
  spec: JsonObject,
): JsonObject {
  const labels = { "app.kubernetes.io/managed-by": "tremula" };
  return { apiVersion, kind, metadata: { name, namespace: plan.options.workload.namespace, labels }, spec };
}

/**
 * Behind the filters of Istio's own of one phase, those of ours go by priority, the highest first. Ten apart, so that
 * somebody else's may go between them.
 */
export function priorities(plugins: readonly Plugin[]): ReadonlyMap<Plugin, number> {
  return new Map(plugins.map((plugin, index) => [plugin, (plugins.length - index) * 10]));
}

/** Which traffic of a proxy a plugin is for. */
export function matchOf(plugin: Plugin, { options, ports }: Plan): JsonObject[] {
  const mode = options.isGateway ? "CLIENT_AND_SERVER" : plugin.direction === "inbound" ? "SERVER" : "CLIENT";
  // Istio puts a NETWORK plugin into chains of HTTP, too.
  const numbers = ports.filter(({ isHttp }) => !isHttp).map(({ port }) => ({ number: port }));
  const isLimited = plugin.layer === "network" && plugin.direction === "inbound";
  return [compact({ mode, ports: isLimited ? numbers : undefined })];
}

/**
 * The servers with keys as Istio knows servers, so that a filter can fetch from them: a cluster needs a ServiceEntry, and TLS to
 * it a DestinationRule.
 */
export function keyServers(plan: Plan): JsonObject[] {
  return plan.servers.flatMap((server) => {
    const name = `tremula-keys-${hostInName(server.host)}-${server.port}`;
    return [serviceEntry(server, name, plan), ...(server.isTls ? [destinationRule(server, name, plan)] : [])];
  });
}

/** A host without dots, and no other's: a hyphen becomes two. */
function hostInName(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replaceAll("-", "--")
    .replace(/[^a-z0-9-]/g, "-");
}

function serviceEntry({ host, port }: KeyServer, name: string, plan: Plan): JsonObject {
  return object("networking.istio.io/v1", "ServiceEntry", name, plan, {
    hosts: [host],
    // HTTP, as the proxy itself adds TLS. At a port of its own, so that what the workload sends there goes on as it did.
    ports: [{ number: keysPort(port), targetPort: port, name: "http-keys", protocol: "HTTP" }],
    location: "MESH_EXTERNAL",
    resolution: "DNS",
    exportTo: ["."],
  });
}

function destinationRule({ host, port }: KeyServer, name: string, plan: Plan): JsonObject {
  return object("networking.istio.io/v1", "DestinationRule", name, plan, {
    host,
    trafficPolicy: {
      portLevelSettings: [
        {
          port: { number: keysPort(port) },
          // Said, as not every Istio looks at a server's certificate otherwise (istioctl's IST0129).
          tls: { mode: "SIMPLE", sni: host, caCertificates: "system" },
        },
      ],
    },
    exportTo: ["."],
  });
}

/** The port in the mesh by which filters reach a server with keys: 10443 for 443. */
function keysPort(port: number): number {
  return port <= 55_535 ? port + 10_000 : port - 10_000;
}

/** What Istio's control plane calls the cluster of a server outside of the mesh. */
export function istioCluster(host: string, port: number): string {
  return `outbound|${keysPort(port)}||${host}`;
}
