import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { startEnvoy, waitFor, type RunningEnvoy } from "../../harness/envoy/index.js";
import { toolsMissing } from "../debian-tools.js";
import { RegistryServer } from "../images/registry-server.js";
import { ask, Backend } from "./backend.js";
import { EnvoyGateway, portsTaken } from "./envoy-gateway.js";
import { tremula } from "./execute.js";
import { freePorts } from "../../harness/free-ports.js";
import { walkThrough } from "./scenarios.js";
import { meshToolsMissing } from "./tools.js";

const missing =
  meshToolsMissing("envoy-gateway") ??
  (await toolsMissing("docker-registry", "skopeo")) ??
  (await portsTaken());

/** Each as an image of another form. */
const IMAGES = { "jwt-authn": "compat", rbac: "docker", telemetry: "artifact" } as const;
const RESOURCES = ["-f", "examples/resources/security.yaml", "examples/resources/telemetry.yaml"];
const WORKLOAD = ["--namespace", "shop", "--labels", "app=orders"];

describe.skipIf(missing !== null)(`Envoy Gateway${missing === null ? "" : ` (${missing})`}`, () => {
  let folder: string;
  let registry: RegistryServer;
  let backend: Backend;
  let gateway: EnvoyGateway;
  let proxy: RunningEnvoy;
  let plain: RunningEnvoy;
  let port: number;
  let resources: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tremula-eg-"));
    registry = await RegistryServer.start();
    backend = await Backend.start();
    const images = join(folder, "images.json");
    await tremula("build", ...Object.keys(IMAGES).map((name) => `filters/${name}/index.ts`));
    for (const [name, variant] of Object.entries(IMAGES)) {
      const to = ["--images", images, "--variant", variant];
      await tremula("push", `build/${name}.wasm`, `oci://${registry.address}/tremula/${name}:test`, ...to);
    }
    const how = ["--gateway", "eg", "--target", "envoygateway", "--images", images, "--allow-partial"];
    const policy = (await tremula("generate", ...RESOURCES, ...WORKLOAD, ...how)).stdout;
    port = (await freePorts(1))[0]!;
    resources = [...gatewayResources(port, backend.port), policy].join("---\n");
    gateway = await EnvoyGateway.start(resources);
    proxy = await gateway.startProxy("shop", "eg");
    plain = await startPlain(backend.port);
  }, 300_000);

  afterAll(async () => {
    await Promise.all([proxy?.stop(), plain?.stop()]);
    await gateway?.stop();
    await backend?.stop();
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("fetches our images, one of each form, and they answer as in an Envoy without it", async () => {
    const { questions } = walkThrough();
    const [anybody] = questions;
    await waitFor({
      what: "a listener with our filters",
      check: async () => (await ask(port, anybody!).catch(() => null))?.status === 200 || undefined,
      timeoutMs: 60_000,
    }).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}\n${gateway.log.slice(-4000)}`);
    });
    const own = await plain.listener("port-10000");
    const different = [];
    const statuses = new Set<number>();
    for (const question of questions) {
      const [behind, alone] = await Promise.all([ask(port, question), ask(own.port, question)]);
      statuses.add(behind.status);
      if (JSON.stringify(behind) !== JSON.stringify(alone)) different.push({ question, behind, alone });
    }
    expect(different).toEqual([]);
    expect([...statuses].sort()).toEqual([200, 401, 403]);
  });

  it("tells Envoy the digests of the modules themselves", async () => {
    const { admin } = proxy;
    const dump = await (await fetch(`${admin.url}/config_dump`)).text();
    const served = [...dump.matchAll(/"sha256": "([0-9a-f]{64})"/g)].map(([, digest]) => digest!);
    const built = Object.keys(IMAGES).map((name) =>
      createHash("sha256")
        .update(readFileSync(`build/${name}.wasm`))
        .digest("hex"),
    );
    expect([...new Set(served)].sort()).toEqual(built.sort());
  });

  it("lets nothing through when an image cannot be fetched, and goes back", async () => {
    const [anybody] = walkThrough().questions;
    const becomes = (status: number) =>
      waitFor({
        what: `an answer with ${status}`,
        check: async () => (await ask(port, anybody!).catch(() => null))?.status === status || undefined,
        timeoutMs: 60_000,
      });
    await becomes(200);
    gateway.write(resources.replaceAll(/(sha256: ?)[0-9a-f]{64}/g, `$1${"a".repeat(64)}`));
    await becomes(500);
    gateway.write(resources);
    await becomes(200);
  });
});

/** A gateway with one route to one server, which Envoy Gateway knows by address. */
function gatewayResources(port: number, backendPort: number): string[] {
  const api = "gateway.networking.k8s.io/v1";
  const metadata = { name: "eg", namespace: "shop" };
  const controllerName = "gateway.envoyproxy.io/gatewayclass-controller";
  return [
    { apiVersion: api, kind: "GatewayClass", metadata: { name: "eg" }, spec: { controllerName } },
    {
      apiVersion: api,
      kind: "Gateway",
      metadata,
      spec: { gatewayClassName: "eg", listeners: [{ name: "http", protocol: "HTTP", port }] },
    },
    {
      apiVersion: "gateway.envoyproxy.io/v1alpha1",
      kind: "Backend",
      metadata: { ...metadata, name: "orders" },
      spec: { endpoints: [{ ip: { address: "127.0.0.1", port: backendPort } }] },
    },
    {
      apiVersion: api,
      kind: "HTTPRoute",
      metadata: { ...metadata, name: "orders" },
      spec: {
        parentRefs: [{ name: "eg" }],
        rules: [{ backendRefs: [{ group: "gateway.envoyproxy.io", kind: "Backend", name: "orders" }] }],
      },
    },
  ].map((one) => stringify(one));
}

/** What the same resources come to for Envoy by itself. */
async function startPlain(backendPort: number): Promise<RunningEnvoy> {
  const how = ["--target", "envoy", "--upstream", `127.0.0.1:${backendPort}`, "--listen", "127.0.0.1"];
  const { stdout } = await tremula("generate", ...RESOURCES, ...WORKLOAD, ...how);
  const bootstrap = parse(stdout) as {
    admin?: object;
    static_resources: { listeners: { address: { socket_address: { port_value: number } } }[] };
  };
  delete bootstrap.admin;
  for (const { address } of bootstrap.static_resources.listeners) address.socket_address.port_value = 0;
  return startEnvoy({ config: JSON.stringify(bootstrap), startTimeoutMs: 120_000 });
}
