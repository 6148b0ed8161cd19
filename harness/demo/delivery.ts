import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { type LocatedEnvoy, type RunningEnvoy, startEnvoy } from "../envoy/index.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { RegistryServer } from "../upstream/registry.js";

/** A step of the way from Istio's YAML to a running filter. */
export interface DeliveryRow {
  readonly filter: "delivery";
  readonly step: string;
  readonly expected: string;
  readonly came: string;
}

const run = promisify(execFile);
const CLI = fileURLToPath(new URL("../cli.js", import.meta.url));
const FILTERS = ["jwt-authn", "rbac", "telemetry"];

/** What is asked of the example's workload; `docs/generate.md` has more. */
const REQUESTS = [
  { about: "anybody may ask whether it is well", method: "GET", path: "/healthz", status: 200 },
  { about: "nobody knows who that is", method: "GET", path: "/orders/7", status: 403 },
  { about: "readers may read", method: "GET", path: "/orders/7", token: "READER", status: 200 },
  { about: "and only that", method: "PUT", path: "/orders/7", token: "READER", status: 403 },
  { about: "administrators may write", method: "PUT", path: "/orders/7", token: "ADMIN", status: 200 },
  { about: "nobody may export", method: "GET", path: "/orders/export", token: "ADMIN", status: 403 },
] as const;

interface Bootstrap {
  readonly static_resources: { readonly listeners: readonly { address: object }[] };
}

/**
 * Takes the way that users take: modules into a registry and out of it, configuration from the resources in `examples/resources`,
 * and requests to the Envoy that runs it.
 */
export async function deliver(envoy: LocatedEnvoy): Promise<DeliveryRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "tremula-delivery-"));
  try {
    const { rows, modules } = await throughRegistry(folder);
    const args = ["generate", "-f", "examples/resources", "--target", "envoy", "--try", "--modules", modules];
    const { stdout } = await tremula(args);
    const generated = await startGenerated(stdout, envoy);
    try {
      const step = "tremula generate -f examples/resources\n--target envoy --try";
      rows.push({ filter: "delivery", step, expected: "Envoy takes it", came: "Envoy takes it" });
      const tokens = await readTokens();
      for (const request of REQUESTS) rows.push(await ask(generated, request, tokens));
    } finally {
      await generated.stop();
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Pushes the filters and pulls them again; without a registry on this machine they stay where they were built. */
async function throughRegistry(folder: string): Promise<{ rows: DeliveryRow[]; modules: string }> {
  const built = join(PACKAGE_ROOT, "build");
  const isThere = await run("docker-registry", ["--version"]).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const step = "tremula push, tremula pull\nleft out: docker-registry is not on PATH";
    return { rows: [{ filter: "delivery", step, expected: "", came: "" }], modules: built };
  }
  const registry = await RegistryServer.start();
  try {
    const rows: DeliveryRow[] = [];
    for (const filter of FILTERS) {
      const image = `oci://${registry.address}/tremula/${filter}`;
      const pushed = await tremula(["push", join(built, `${filter}.wasm`), `${image}:demo`]);
      const [digest = "no digest"] = /sha256:[0-9a-f]{64}/.exec(pushed.stdout) ?? [];
      const pulled = await tremula(["pull", `${image}:demo`, "-o", join(folder, `${filter}.wasm`)]);
      const [came = "no digest"] = /sha256:[0-9a-f]{64}/.exec(pulled.stdout) ?? [];
      const step = `tremula push ${filter}.wasm oci://…/${filter}:demo\ntremula pull oci://…/${filter}:demo`;
      rows.push({ filter: "delivery", step, expected: digest.slice(0, 23), came: came.slice(0, 23) });
    }
    return { rows, modules: folder };
  } finally {
    await registry.stop();
  }
}

function tremula(args: readonly string[]): Promise<{ stdout: string }> {
  return run(process.execPath, [CLI, ...args], { cwd: PACKAGE_ROOT });
}

/** On a port that is free, whatever the resources say. */
async function startGenerated(text: string, { path }: LocatedEnvoy): Promise<RunningEnvoy> {
  const { static_resources } = parse(text) as Bootstrap;
  for (const listener of static_resources.listeners) {
    listener.address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  }
  return startEnvoy({ config: JSON.stringify({ static_resources }), path });
}

/** `READER=…` in a file for the shell. */
async function readTokens(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(PACKAGE_ROOT, "examples", "resources", "tokens.env"), "utf8");
  return new Map([...text.matchAll(/^(\w+)=(.+)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

async function ask(
  envoy: RunningEnvoy,
  request: (typeof REQUESTS)[number],
  tokens: ReadonlyMap<string, string>,
): Promise<DeliveryRow> {
  const { about, method, path, status } = request;
  const token = "token" in request ? request.token : null;
  const [listener] = await envoy.admin.listeners();
  const sent = http.request({
    host: "127.0.0.1",
    port: listener?.port,
    method,
    path,
    agent: false,
    headers: token === null ? {} : { authorization: `Bearer ${tokens.get(token) ?? ""}` },
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [http.IncomingMessage];
  response.resume();
  await once(response, "end");
  const step = `${about}\n${method} ${path} HTTP/1.1${token === null ? "" : `\nauthorization: Bearer $${token}`}`;
  return { filter: "delivery", step, expected: String(status), came: String(response.statusCode) };
}
