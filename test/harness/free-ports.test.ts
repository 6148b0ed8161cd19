import { once } from "node:events";
import { readFile } from "node:fs/promises";
import net from "node:net";
import { expect, it } from "vitest";
import { freePorts } from "../../harness/free-ports.js";

it("gives ports that differ, whoever else in the process asks", async () => {
  const ports = (await Promise.all([freePorts(20), freePorts(20), freePorts(1)])).flat();
  expect(new Set(ports).size).toBe(41);
});

it("gives none that the system may give to somebody else meanwhile", async (context) => {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "");
  const first = Number(/^\d+/.exec(range)?.[0]);
  context.skip(!(first >= 21_000), "nearly all ports of this machine are ephemeral");
  for (const port of await freePorts(50)) expect(port).toBeLessThan(first);
});

it("passes over a port that is taken", async () => {
  const [port = 0] = await freePorts(1);
  const server = net.createServer().listen(port + 1, "127.0.0.1");
  // By somebody else is as good.
  await once(server, "listening").catch(() => undefined);
  expect(await freePorts(2)).not.toContain(port + 1);
  server.close();
});
