import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEnvoy, waitFor, type RunningEnvoy } from "../../harness/envoy/index.js";
import { ask } from "./backend.js";
import { execute, tremula } from "./execute.js";

describe("file-based xDS, as docs/deploy.md has it", () => {
  let folder: string;
  let generated: string;
  let envoy: RunningEnvoy;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tremula-file-xds-"));
    await tremula("build", ...["jwt-authn", "rbac", "telemetry"].map((name) => `filters/${name}/index.ts`));
    const { stdout } = await tremula("generate", "-f", "examples/resources", "--target", "envoy", "--try");
    generated = stdout.replaceAll("port_value: 8080", "port_value: 0");
    await deploy(generated);
    const source = (name: string): object => ({ path_config_source: { path: join(folder, name) } });
    const config = {
      node: { id: "orders", cluster: "shop" },
      dynamic_resources: { cds_config: source("cds.yaml"), lds_config: source("lds.yaml") },
    };
    envoy = await startEnvoy({
      config: JSON.stringify(config),
      logLevel: "warning",
      startTimeoutMs: 120_000,
    });
    ({ port } = await envoy.listener("port-8080"));
  });
  afterAll(async () => {
    await envoy?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function deploy(text: string): Promise<void> {
    const file = join(folder, "generated.yaml");
    writeFileSync(file, text);
    const { code, stderr } = await execute(process.execPath, ["deploy/file-xds.mjs", file, folder]);
    expect(code, stderr).toBe(0);
  }

  /** Waits until a path, which anybody may or nobody may ask for, is answered so. */
  async function becomes(path: string, status: number): Promise<void> {
    await waitFor({
      what: `${path} to be answered with ${status}`,
      check: async () => {
        const own = (await envoy.admin.listeners()).find(({ name }) => name === "port-8080");
        if (own === undefined) return undefined;
        ({ port } = own);
        const headers = [["host", "orders.example"]] as const;
        return (await ask(port, { path, method: "GET", headers })).status === status || undefined;
      },
      timeoutMs: 30_000,
    });
  }

  it("takes a change without a restart, and goes back", async () => {
    await becomes("/healthz", 200);
    const changed = generated.replaceAll("/healthz", "/livez");
    expect(changed).not.toBe(generated);
    await deploy(changed);
    await becomes("/livez", 200);
    await becomes("/healthz", 403);
    await deploy(generated);
    await becomes("/healthz", 200);
  });

  it("keeps what it has when a filter refuses its configuration", async () => {
    await deploy(generated.replaceAll('"rules"', '"rulez"'));
    await envoy.waitForLog(/lds: listener 'port-8080' config rejected/, "Envoy to reject the change", 30_000);
    await becomes("/healthz", 200);
    expect(readFileSync(join(folder, "lds.yaml"), "utf8")).toContain('"rulez"');
  });
});
