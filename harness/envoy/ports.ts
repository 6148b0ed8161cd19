import { createServer } from "node:net";
import { parse } from "yaml";
import { ExitCode, HarnessError } from "../errors.js";
import { hostPort } from "./admin.js";

interface Address {
  socket_address?: { address?: unknown; port_value?: unknown; protocol?: unknown };
}
interface Listener {
  name?: string;
  address?: Address;
  filter_chains?: unknown;
}
interface Bootstrap {
  admin?: { address?: Address };
  static_resources?: { listeners?: Listener[] };
}

function bootstrap(yaml: string): Bootstrap {
  return (parse(yaml) ?? {}) as Bootstrap;
}

/** Whether something holds the port, Envoy's own way of sharing it included. */
function inUse(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}

async function requireFree(who: string, address: Address | undefined): Promise<void> {
  const { address: host, port_value: value, protocol } = address?.socket_address ?? {};
  const port = Number(value);
  if (typeof host !== "string" || !Number.isInteger(port) || port <= 0 || port > 65_535 || protocol === "UDP")
    return;
  if (!(await inUse(host, port))) return;
  throw new HarnessError("PORT_IN_USE", `${who} cannot use ${hostPort(host, port)}: the port is in use`, {
    exitCode: ExitCode.environment,
    hint: "stop what listens there, or use port 0",
  });
}

/**
 * Checks that no fixed port of a config is taken. Envoy itself does not notice another Envoy: its listeners share ports,
 * and each would get a part of the connections.
 */
export async function requireFreePorts(yaml: string): Promise<void> {
  const { admin, static_resources } = bootstrap(yaml);
  await requireFree("the admin interface", admin?.address);
  for (const { name, address } of static_resources?.listeners ?? []) {
    await requireFree(`listener '${name ?? ""}'`, address);
  }
}

/** The scheme to reach a listener with: `http` or `https` where its config says so, else `tcp`. */
export function schemes(yaml: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name, filter_chains } of bootstrap(yaml).static_resources?.listeners ?? []) {
    const chains = JSON.stringify(filter_chains ?? "");
    const http = chains.includes("HttpConnectionManager");
    const tls = chains.includes("DownstreamTlsContext");
    found.set(name ?? "", http ? (tls ? "https" : "http") : "tcp");
  }
  return found;
}
