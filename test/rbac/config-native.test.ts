// Stock Envoy decides what is right: what our tables say of configurations, it is asked here.
import { afterAll, beforeAll, expect, test } from "vitest";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locateEnvoy } from "../../harness/envoy/index.js";
import { validateConfig } from "../../harness/envoy/validate.js";
import { ACCEPTED, OURS_ALONE, REFUSED } from "./config-refused.js";

const TYPES = "type.googleapis.com/envoy.extensions.filters";
const TIMEOUT_MS = 240_000;
/** Fields that native does not have. */
const OWN_FIELDS = ["client_certificates_verified"];

let folder: string;
let envoy: string;
beforeAll(async () => {
  envoy = (await locateEnvoy()).path;
  folder = await mkdtemp(join(tmpdir(), "tremula-rbac-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What native says of a configuration; "" when it takes it. */
async function ask(configuration: object): Promise<string> {
  const file = join(folder, "envoy.json");
  const known = Object.entries(configuration).filter(([name]) => !OWN_FIELDS.includes(name));
  await writeFile(file, JSON.stringify(bootstrap(Object.fromEntries(known))));
  try {
    await validateConfig(envoy, file);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

function bootstrap(configuration: object): object {
  const filter = (name: string, type: string, config: object) => ({
    name,
    typed_config: { "@type": `${TYPES}.${type}`, ...config },
  });
  const isNetwork = "stat_prefix" in configuration;
  const manager = filter("manager", "network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "http",
    route_config: { virtual_hosts: [] },
    http_filters: [
      ...(isNetwork ? [] : [filter("rbac", "http.rbac.v3.RBAC", configuration)]),
      filter("router", "http.router.v3.Router", {}),
    ],
  });
  const filters = [...(isNetwork ? [filter("rbac", "network.rbac.v3.RBAC", configuration)] : []), manager];
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  return { static_resources: { listeners: [{ name: "main", address, filter_chains: [{ filters }] }] } };
}

test(
  "the native filter refuses what we refuse, but for what is listed",
  async () => {
    for (const [configuration, error] of REFUSED) {
      expect.soft(await ask(configuration), `${JSON.stringify(configuration)} ${error}`).not.toBe("");
    }
  },
  TIMEOUT_MS,
);

test(
  "the native filter takes what is listed as refused by us alone, and what we take",
  async () => {
    for (const configuration of [...OURS_ALONE.map(([one]) => one), ...ACCEPTED]) {
      expect.soft(await ask(configuration), JSON.stringify(configuration)).toBe("");
    }
  },
  TIMEOUT_MS,
);
