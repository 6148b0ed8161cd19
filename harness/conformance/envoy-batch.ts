import { type RunningEnvoy, startEnvoy } from "../envoy/index.js";
import { HarnessError } from "../errors.js";
import type { Case } from "./cases.js";
import { ALIVE } from "./envoy-alive.js";
import { bootstrap, FEW_STATS, nodeOf } from "./envoy-config.js";
import { refusal } from "./envoy-refusal.js";
import type { Servers } from "./envoy-servers.js";
import { makeSite, type Site } from "./envoy-site.js";
import type { EnvoySubjectOptions } from "./envoy-subject.js";

/** Cases by the names of their listeners. */
export type Named = readonly (readonly [string, Case])[];

/** Cases of at most so many in an Envoy, and of one node. */
export function batchesOf(cases: Named, size: number): Named[] {
  const byNode = new Map<string, [string, Case][]>();
  for (const [name, one] of cases) {
    const node = JSON.stringify(one.node ?? null);
    byNode.set(node, [...(byNode.get(node) ?? []), [name, one]]);
  }
  return [...byNode.values()].flatMap((all) =>
    Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size)),
  );
}

/** One Envoy with a listener for each of some cases. */
export class Batch {
  private constructor(
    readonly envoy: RunningEnvoy,
    readonly sites: ReadonlyMap<Case, Site>,
    /** What Envoy says against a case's configuration: these have no listener. */
    readonly refused: ReadonlyMap<Case, string>,
    private readonly addresses: ReadonlyMap<string, { readonly host: string; readonly port: number }>,
  ) {}

  static async start(cases: Named, options: EnvoySubjectOptions, servers: Servers): Promise<Batch> {
    const { name: subject, wasmFiles } = options;
    const sites = new Map<Case, Site>();
    const refused = new Map<Case, string>();
    for (const [name, one] of cases) {
      try {
        sites.set(one, await makeSite(one, name, { subject, servers, wasmFiles }));
      } catch (error) {
        // A name that stands for nothing.
        refused.set(one, (error as Error).message);
      }
    }
    const start = async (): Promise<Batch> => {
      const envoy = await startOne(sites, options, servers);
      const addresses = new Map((await envoy.admin.listeners()).map((each) => [each.name, each]));
      return new Batch(envoy, sites, refused, addresses);
    };
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof HarnessError) || options.signal?.aborted) throw error;
      const guilty = await findRefused(sites, options, servers);
      if (guilty.size === 0) throw error;
      for (const [one, why] of guilty) {
        refused.set(one, why);
        sites.delete(one);
      }
      return start();
    }
  }

  has(one: Case): boolean {
    return this.sites.has(one) || this.refused.has(one);
  }

  /** Where a listener is. */
  address(name: string): { readonly host: string; readonly port: number } {
    const address = this.addresses.get(name);
    if (address === undefined) throw new Error(`Envoy has no listener ${name}`);
    return address;
  }
}

function startOne(
  sites: ReadonlyMap<Case, Site>,
  { host, envoy, wasmFiles, signal }: EnvoySubjectOptions,
  servers: Servers,
): Promise<RunningEnvoy> {
  const listeners = [...sites.values()].map(({ listener }) => listener);
  const [first] = sites.keys();
  return startEnvoy({
    config: bootstrap([...listeners, ALIVE], servers.ports, { ...FEW_STATS, ...nodeOf(first) }),
    host: host === "docker" ? "docker" : "local",
    path: host === "docker" ? undefined : envoy.path,
    version: host === "docker" ? envoy.version : undefined,
    componentLogLevel: "wasm:debug",
    mounts: [...wasmFiles.values()],
    signal,
  });
}

/** The cases without which Envoy would start: one mistake in a case must not be that of all. */
async function findRefused(
  sites: ReadonlyMap<Case, Site>,
  { envoy }: EnvoySubjectOptions,
  servers: Servers,
): Promise<Map<Case, string>> {
  const guilty = new Map<Case, string>();
  for (const [one, { listener }] of sites) {
    const why = await refusal(envoy.path, bootstrap([listener], servers.ports, nodeOf(one)), one.case, true);
    if (why !== undefined) guilty.set(one, `Envoy refuses the configuration: ${why}`);
  }
  return guilty;
}
