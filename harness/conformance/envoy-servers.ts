import {
  type AccessLogServer,
  type EchoServer,
  type JwksPlan,
  type JwksServer,
  startAccessLog,
  startEcho,
  startGrpc,
  startJwks,
} from "../upstream/index.js";
import type { UpstreamPorts } from "./envoy-clusters.js";
import { GREETING, startTcp, type TcpServer } from "./tcp-servers.js";

/** What is behind Envoy. */
export class Servers {
  readonly #jwks: JwksServer[] = [];

  private constructor(
    readonly echo: EchoServer,
    readonly callouts: EchoServer,
    readonly accessLog: AccessLogServer,
    readonly tcp: TcpServer,
    readonly greeting: TcpServer,
    readonly ports: UpstreamPorts,
    private readonly stop: () => Promise<unknown>,
  ) {}

  static async start(): Promise<Servers> {
    const [echo, callouts, grpc, accessLog, tcp, greeting] = await Promise.all([
      startEcho(),
      startEcho(),
      startGrpc(),
      startAccessLog(),
      startTcp(),
      startTcp(GREETING),
    ]);
    const ports = {
      upstream: echo.port,
      callouts: callouts.port,
      grpc: grpc.port,
      accessLog: accessLog.port,
      tcp: tcp.port,
      greeting: greeting.port,
    };
    const all = [echo, callouts, grpc, accessLog, tcp, greeting];
    return new Servers(echo, callouts, accessLog, tcp, greeting, ports, () =>
      Promise.all(all.map((server) => server.close())),
    );
  }

  /** The JWKS server of one case. */
  async jwks(plan: JwksPlan): Promise<JwksServer> {
    const server = await startJwks(plan);
    this.#jwks.push(server);
    return server;
  }

  async close(): Promise<void> {
    await Promise.all([this.stop(), ...this.#jwks.map((server) => server.close())]);
  }
}
