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

/** A ClientHello of TLS 1.2 with a server name and application protocols. */
export function clientHello(serverName: string | null, protocols: readonly string[] = []): Buffer {
  const extensions: Buffer[] = [];
  if (serverName !== null) {
    const name = Buffer.from(serverName);
    extensions.push(extension(0, counted(2, Buffer.concat([Buffer.from([0]), counted(2, name)]))));
  }
  if (protocols.length > 0) {
    const names = protocols.map((protocol) => counted(1, Buffer.from(protocol)));
    extensions.push(extension(16, counted(2, Buffer.concat(names))));
  }
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    counted(1, Buffer.alloc(0)),
    counted(2, Buffer.from([0x13, 0x01])),
    counted(1, Buffer.from([0])),
    counted(2, Buffer.concat(extensions)),
  ]);
  const handshake = Buffer.concat([Buffer.from([1]), counted(3, body)]);
  return Buffer.concat([Buffer.from([0x16, 3, 1]), counted(2, handshake)]);
}

function counted(size: number, octets: Buffer): Buffer {
  const length = Buffer.alloc(size);
  length.writeUIntBE(octets.length, 0, size);
  return Buffer.concat([length, octets]);
}

function extension(type: number, octets: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, type]), counted(2, octets)]);
}
