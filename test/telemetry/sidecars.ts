import { join } from "node:path";
import { parse } from "yaml";
import { compile } from "../../harness/build/compile.js";
import { loadConfig, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { ROOT } from "../host/support.js";

type Node = Record<string, unknown>;

/** Listeners of `envoy-configs/telemetry*.yaml` by their ports there. */
const LISTENERS: Readonly<Record<number, string>> = {
  10100: "inbound",
  10101: "inbound-tcp",
  10102: "application",
  10103: "application-tcp",
};

/** A bootstrap as the tests change it. */
export interface Bootstrap {
  stats_config?: unknown;
  stats_flush_interval?: string;
  admin?: unknown;
  static_resources: { listeners: Node[]; clusters: Node[] };
}

/**
 * One of the configurations that are shipped, with free ports.
 *
 * @param server the sidecar whose listeners its clusters are for
 */
export async function sidecarConfig(name: string, server?: RunningEnvoy): Promise<Bootstrap> {
  const file = join(ROOT, "envoy-configs", `${name}.yaml`);
  const config = parse(await loadConfig(file)) as Bootstrap;
  delete config.admin;
  const { listeners, clusters } = config.static_resources;
  for (const address of addresses(listeners)) address["port_value"] = 0;
  for (const address of server ? addresses(clusters) : []) {
    const listener = LISTENERS[address["port_value"] as number];
    if (listener !== undefined) address["port_value"] = (await server!.listener(listener)).port;
  }
  return config;
}

/** Starts a sidecar; one whose clusters lead to itself gets fixed ports for that, so begin with these. */
export async function startSidecar(config: Bootstrap): Promise<RunningEnvoy> {
  await compile({
    entry: join(ROOT, "filters/telemetry/index.ts"),
    outFile: join(ROOT, "build/telemetry.wasm"),
  });
  return startEnvoy({ config: JSON.stringify(config), cwd: ROOT });
}

/** All `socket_address`es below a node. */
export function addresses(node: unknown): Node[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "socket_address" ? [value as Node] : addresses(value),
  );
}

/** All objects with a field below a node. */
export function withField(node: unknown, field: string): Node[] {
  if (typeof node !== "object" || node === null) return [];
  const below = Object.values(node).flatMap((value) => withField(value, field));
  return field in node ? [node as Node, ...below] : below;
}
