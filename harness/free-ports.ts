import { once } from "node:events";
import { readFile } from "node:fs/promises";
import net from "node:net";

/** Below are the ports of control planes, and those that our configs and examples have. */
const LOWEST = 20_000;
/** Linux's, where nobody has said otherwise. */
const FIRST_EPHEMERAL = 32_768;
/** With fewer below it, ephemeral ports have to do. */
const FEW = 1_000;

/** Where this process looks next; another one begins elsewhere. */
let next: number | undefined;

/**
 * Ports of 127.0.0.1 that nothing listens on, each another one, for servers that cannot say which one they got. None of them is one
 * that the system gives to those who ask for any: such a one may be somebody else's by the time that its server starts.
 */
export async function freePorts(count: number): Promise<number[]> {
  const end = await endOfRange();
  const ports: number[] = [];
  for (let tried = 0; ports.length < count && tried < end - LOWEST; tried++) {
    const port = next ?? LOWEST + Math.floor(Math.random() * (end - LOWEST));
    // Before anything is waited for: others in this process look for ports, too.
    next = port + 1 < end ? port + 1 : LOWEST;
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < count) throw new Error(`there are no ${count} free ports on 127.0.0.1`);
  return ports;
}

async function endOfRange(): Promise<number> {
  const text = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "");
  const first = Number(/^\d+/.exec(text)?.[0] ?? FIRST_EPHEMERAL);
  return first - LOWEST >= FEW ? first : 65_536;
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
  await once(server.close(), "close");
  return true;
}
