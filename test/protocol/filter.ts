import { type Plugin, startPlugin, type TcpConnection } from "../../harness/host/index.js";
import { moduleOf } from "../host/support.js";

// The whole filter in the in-process host.

/** The compiled filter. */
export function filterModule(): Promise<WebAssembly.Module> {
  return moduleOf("filters/protocol-detection/index.ts");
}

/** Starts it with a configuration, which may be text. */
export function startFilter(module: WebAssembly.Module, configuration: unknown): Plugin {
  return startPlugin(module, { configuration });
}

/** What a connection is labeled with. */
export function label(connection: TcpConnection, name: string): string | undefined {
  const octets = connection.filterState(`wasm.protocol_detection.${name}`);
  return octets && Buffer.from(octets).toString("latin1");
}

/** `protocol reason` of a connection; `undefined undefined` before its verdict. */
export function verdict(connection: TcpConnection): string {
  return `${label(connection, "protocol")} ${label(connection, "reason")}`;
}

/** The cluster that a connection was sent to. */
export function cluster(connection: TcpConnection): string | undefined {
  const octets = connection.filterState("envoy.tcp_proxy.cluster");
  return octets && Buffer.from(octets).toString("latin1");
}

/** How many connections have had a verdict. */
export function verdicts(plugin: Plugin, protocol: string, reason: string, action: string): number {
  const tags = `protocol=.=${protocol};.;reason=.=${reason};.;action=.=${action};.;`;
  return plugin.counter(`${tags}protocol_detection_connections`);
}
