import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { freePorts } from "../../harness/free-ports.js";
import { startAccessLog } from "../../harness/upstream/access-log.js";
import { mariadb, memcached, postgres, redis } from "./servers/databases.js";
import { bootstrap, type Listener } from "./servers/listeners.js";
import { exim, grpc, mosquitto, openssh, tls } from "./servers/others.js";
import { findProgram, type Running } from "./servers/program.js";
import type { RealServer } from "./servers/server.js";

const SERVERS = [redis, postgres, mariadb, memcached, exim, openssh, mosquitto, tls, grpc];
/** What a server whose client waits for it is found by, so that it is not to be long. */
const DEADLINE = "0.3s";
/** Of the others, which must come to no deadline, however slow the machine is. */
const AMPLE = "30s";
const deadlineOf = ({ found: [, reason] }: RealServer): string => (reason === "deadline" ? DEADLINE : AMPLE);

/** Why a server cannot be tested here; null if it can. */
function obstacle({ programs, takesRoot }: RealServer): string | null {
  const missing = programs.filter((name) => findProgram(name) === null);
  if (missing.length > 0) return `no ${missing.join(", ")}; scripts/protocol-servers.sh installs it`;
  return takesRoot === true && process.getuid?.() !== 0 ? "it starts for root alone" : null;
}

const present = SERVERS.filter((server) => obstacle(server) === null);

let folder: string;
let envoy: RunningEnvoy;
let log: Awaited<ReturnType<typeof startAccessLog>>;
const running: Running[] = [];

const listenerOf = (server: RealServer, how: "declared" | "found"): string => `${server.name}-${how}`;
const folderOf = (server: RealServer): string => path.join(folder, server.name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tremula-servers-"));
  // Some servers run as users of their own.
  await chmod(folder, 0o755);
  const { outFile: module } = await compile({ entry: "filters/protocol-detection/index.ts" });
  log = await startAccessLog();
  const ports = await freePorts(2 * present.length);
  const starting = await Promise.allSettled(
    present.map(async (server, index) => {
      await mkdir(folderOf(server), { mode: 0o755 });
      const one = await server.start(folderOf(server), ports[index] ?? 0);
      running.push(one);
      return one;
    }),
  );
  // Not before all have started or failed: what starts later would stay.
  const behind = starting.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  const declaredPorts = ports.slice(present.length);
  const declarations = present.map(({ declared }, index) => ({
    port: declaredPorts[index],
    protocol: declared,
  }));
  const listeners = present.flatMap((server, index): Listener[] => {
    const detection = {
      ...(server.lookFor && { protocols: server.lookFor }),
      deadline: deadlineOf(server),
      wait_for_hello: true,
    };
    const configuration = { mode: "label", declarations, detection, greetings: true };
    const common = { cluster: server.name, configuration };
    return [
      { name: listenerOf(server, "found"), port: 0, ...common },
      { name: listenerOf(server, "declared"), port: declaredPorts[index] ?? 0, ...common },
    ];
  });
  const clusters = Object.fromEntries(
    present.map((server, index) => [server.name, behind[index]?.port ?? 0]),
  );
  envoy = await startEnvoy({ config: bootstrap(listeners, { module, clusters, logPort: log.port }) });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  await Promise.all(running.map((one) => one.stop()));
  await log?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Lets the server's client do its work through a listener; the labels that its connections had. */
async function labelsOf(server: RealServer, how: "declared" | "found") {
  const name = listenerOf(server, how);
  const { port } = await envoy.listener(name);
  await server.use(port, folderOf(server));
  await log.waitFor(name, (records) => records.length > 0 || undefined, 20_000);
  return log.records(name).map(({ protocol, reason }) => [protocol, reason]);
}

describe.each(SERVERS)("$name behind the filter", (server) => {
  const why = obstacle(server);
  const skip = why !== null;
  const reason = skip ? ` (skipped: ${why})` : "";

  it.skipIf(skip)(`works undeclared, with a deadline of ${deadlineOf(server)}${reason}`, async () => {
    const labels = await labelsOf(server, "found");
    expect(labels).not.toEqual([]);
    expect(labels).toEqual(labels.map(() => [...server.found]));
    if (server.serverName !== undefined)
      expect(log.records(listenerOf(server, "found"))[0]?.["serverName"]).toBe(server.serverName);
  });

  it.skipIf(skip)(`works declared as ${server.declared}${reason}`, async () => {
    const labels = await labelsOf(server, "declared");
    expect(labels).not.toEqual([]);
    expect(labels).toEqual(labels.map(() => [server.label ?? server.declared, "declared"]));
  });
});
