import { once } from "node:events";
import net, { type AddressInfo } from "node:net";

/**
 * Ports of 127.0.0.1 that nothing listens on, each another one, for servers that cannot say which one they got. Whoever wants
 * them has to be quick.
 */
export async function freePorts(count: number): Promise<number[]> {
  // All at once, so that they differ.
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
