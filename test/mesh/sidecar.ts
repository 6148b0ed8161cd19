import { resolve } from "node:path";
import { parse, stringify } from "yaml";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import { generate } from "../generate/rig.js";
import type { Proxy } from "./mesh-envoy.js";
import { generatedParts, startOwn } from "./own-envoy.js";
import { OLD_DOMAIN, TRUST_DOMAIN } from "./peers.js";

/** The filters' modes. */
export const MODES = ["envoy", "strict"] as const;
export type Mode = (typeof MODES)[number];

/** A port of a workload. The workload itself is behind it at 127.0.0.1, at the same port. */
export interface SidecarPort {
  readonly port: number;
  readonly protocol: "HTTP" | "TCP";
}

/** The resources by which Istio's sidecar listens at its own address, with nobody who redirects connections to it. */
export function sidecarResources(
  { name, namespace, labels, ip }: Proxy,
  ports: readonly SidecarPort[],
): object[] {
  const ingress = ports.map(({ port, protocol }) => ({
    port: { number: port, name: portName(port, protocol), protocol },
    bind: ip,
    captureMode: "NONE",
    defaultEndpoint: `127.0.0.1:${port}`,
  }));
  const spec = { workloadSelector: { labels }, ingress, egress: [{ hosts: ["~/*"] }] };
  return [{ apiVersion: "networking.istio.io/v1", kind: "Sidecar", metadata: { name, namespace }, spec }];
}

/** Where our listeners for a workload are: at its ports, and at an address of their own. */
export function ownAddress({ ip }: Proxy, mode: Mode): string {
  return ip.replace(/^127\.1\./, mode === "envoy" ? "127.2." : "127.3.");
}

/**
 * What `tremula generate` writes for each of the workloads, in one Envoy. It is told of all resources, most of which are for
 * another workload.
 *
 * @param resources in YAML
 * @param folder of the certificate
 */
export function startOwnSidecars(
  workloads: readonly Proxy[],
  resources: readonly string[],
  ports: readonly SidecarPort[],
  folder: string,
): Promise<RunningEnvoy> {
  const services = workloads.map((workload) => stringify(service(workload, ports)));
  const text = [...services, ...resources].join("---\n");
  const parts = workloads.flatMap((workload) =>
    MODES.map((mode) => {
      const { labels, namespace, name } = workload;
      const options = {
        labels,
        namespace,
        mode,
        trustDomain: TRUST_DOMAIN,
        aliases: [OLD_DOMAIN],
        upstream: { host: "127.0.0.1", port: null },
        listen: ownAddress(workload, mode),
        tls: folder,
      };
      const { listeners, clusters } = generatedParts(generate(text, "envoy", options).text);
      return {
        listeners: listeners.map((one) => ({ ...one, name: `${name}/${mode}/${one.name}` })),
        clusters,
      };
    }),
  );
  return startOwn(parts);
}

interface PluginConfig {
  readonly root_id: string;
  readonly vm_config: { code: object };
}

interface ConfigPatch {
  readonly applyTo: string;
  readonly patch: {
    readonly value: { readonly typed_config: { readonly value: { readonly config: PluginConfig } } };
  };
}

/**
 * What Istio needs for a sidecar that runs our filters in place of its own: how it takes connections, and the EnvoyFilter that is
 * generated for the rest, with modules from this machine's files.
 *
 * @param own the workload's resources in YAML
 * @param meshWide those of the mesh
 */
export function loadedResources(
  workload: Proxy,
  own: string,
  meshWide: string,
  ports: readonly SidecarPort[],
): string[] {
  const { labels, namespace } = workload;
  const domains = { trustDomain: TRUST_DOMAIN, aliases: [OLD_DOMAIN] };
  const text = [stringify(service(workload, ports)), meshWide, own].join("---\n");
  const options = { labels, namespace, mode: "envoy", ...domains } as const;
  const filter = parse(generate(text, "envoyfilter", options).text) as {
    spec: { configPatches: ConfigPatch[] };
  };
  for (const { applyTo, patch } of filter.spec.configPatches) {
    if (applyTo !== "EXTENSION_CONFIG") continue;
    const { config } = patch.value.typed_config.value;
    config.vm_config.code = { local: { filename: resolve(`build/${config.root_id}.wasm`) } };
  }
  const connections = own.split("---\n").filter((one) => one.includes("kind: PeerAuthentication\n"));
  return [...connections, stringify(filter)];
}

/** The Service by which our side knows the same ports. */
function service({ name, namespace, labels }: Omit<Proxy, "ip">, ports: readonly SidecarPort[]): object {
  const named = ports.map(({ port, protocol }) => ({ port, name: portName(port, protocol) }));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: labels, ports: named },
  };
}

function portName(port: number, protocol: SidecarPort["protocol"]): string {
  return `${protocol.toLowerCase()}-${port}`;
}
