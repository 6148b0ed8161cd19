import { setTimeout as delay } from "node:timers/promises";
import { type LocatedEnvoy, type RunningEnvoy, startEnvoy, validateYaml, waitFor } from "../envoy/index.js";
import { HarnessError } from "../errors.js";
import { type EchoServer, startEcho, startGrpc } from "../upstream/index.js";
import type { Case, CaseRequest, Expectation } from "./cases.js";
import { differences, type Observed } from "./check.js";
import { send } from "./client.js";
import { bootstrap, type UpstreamPorts, wasmFilters } from "./envoy-config.js";
import type { CaseOutcome, Subject, SubjectName } from "./subject.js";

export interface EnvoySubjectOptions {
  readonly name: SubjectName;
  readonly host: "envoy" | "docker";
  readonly envoy: LocatedEnvoy;
  readonly cases: readonly Case[];
  /** The compiled module of each filter. */
  readonly wasmFiles: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal | undefined;
}

/** What is behind Envoy. */
interface Servers {
  readonly echo: EchoServer;
  readonly ports: UpstreamPorts;
  close(): Promise<void>;
}

async function startServers(): Promise<Servers> {
  const [echo, callouts, grpc] = await Promise.all([startEcho(), startEcho(), startGrpc()]);
  return {
    echo,
    ports: { upstream: echo.port, callouts: callouts.port, grpc: grpc.port },
    close: async () => void (await Promise.all([echo.close(), callouts.close(), grpc.close()])),
  };
}

const CASE_TIMEOUT_MS = 60_000;

/** A request of a case: what was expected, what was observed, and how they differ. */
export interface Exchange {
  readonly expected: Expectation;
  readonly observed: Observed;
  readonly wrong: readonly string[];
}

/**
 * One stock Envoy that has a listener for each case, so that a hundred cases cost one start. Cases whose configuration
 * must be refused would keep it from starting: those go through Envoy's validation, which configures plugins too.
 */
export class EnvoySubject implements Subject {
  readonly name: SubjectName;
  readonly host: "envoy" | "docker";

  private constructor(
    private readonly options: EnvoySubjectOptions,
    readonly envoy: RunningEnvoy,
    private readonly servers: Servers,
    private readonly listeners: ReadonlyMap<Case, string>,
  ) {
    this.name = options.name;
    this.host = options.host;
  }

  static async start(options: EnvoySubjectOptions): Promise<EnvoySubject> {
    const servers = await startServers();
    try {
      const served = options.cases.filter((one) => one.refused === undefined && applies(options.name, one));
      const listeners = new Map(served.map((one, index) => [one, `case-${index}`]));
      const config = bootstrap(
        [...listeners].map(([one, name]) => ({ name, filters: filtersOf(options, one, name) })),
        servers.ports,
      );
      const envoy = await startEnvoy({
        config,
        host: options.host === "docker" ? "docker" : "local",
        path: options.host === "docker" ? undefined : options.envoy.path,
        version: options.host === "docker" ? options.envoy.version : undefined,
        componentLogLevel: "wasm:debug",
        mounts: [...options.wasmFiles.values()],
        signal: options.signal,
      });
      return new EnvoySubject(options, envoy, servers, listeners);
    } catch (error) {
      await servers.close();
      throw error;
    }
  }

  get envoyVersion(): string {
    return this.envoy.version;
  }

  async run(one: Case): Promise<CaseOutcome> {
    if (!applies(this.name, one)) return { outcome: "skip", detail: "no native filter does this" };
    const found = await within(CASE_TIMEOUT_MS, this.observe(one)).catch((error: unknown) => {
      // An Envoy that is gone is no finding about this case.
      if (error instanceof HarnessError) throw error;
      return [(error as Error).message];
    });
    return found.length === 0
      ? { outcome: "pass", detail: "" }
      : { outcome: "fail", detail: found.join("; ") };
  }

  /** Sends one request of a case and says what came of it. */
  async exchange(one: Case, request: CaseRequest): Promise<Exchange> {
    const address = await this.address(one);
    const { echo } = this.servers;
    echo.clear();
    const response = await send(address, request);
    const observed = { response, upstream: echo.requests().at(-1) };
    const expected = (this.name === "native" ? request.native : undefined) ?? request.expect;
    return { expected, observed, wrong: differences(expected, observed) };
  }

  /** Where the case's listener is. */
  async address(one: Case): Promise<{ host: string; port: number }> {
    const name = this.listeners.get(one);
    if (name === undefined) throw new Error(`case "${one.case}" was not given when the subject was started`);
    return this.envoy.listener(name);
  }

  async close(): Promise<void> {
    await Promise.all([this.envoy.stop(), this.servers.close()]);
  }

  private observe(one: Case): Promise<string[]> {
    return one.refused === undefined ? this.serve(one) : this.refuse(one, one.refused);
  }

  private async serve(one: Case): Promise<string[]> {
    const logStart = (await this.envoy.log()).length;
    const before = await this.counters(one);
    const found: string[] = [];
    for (const [index, request] of one.requests.entries()) {
      const { wrong } = await this.exchange(one, request);
      const where = one.requests.length > 1 ? `request ${index + 1}: ` : "";
      found.push(...wrong.map((text) => where + text));
    }
    if (this.name === "tremula") {
      found.push(...(await this.missedCounters(one, before)), ...(await this.missedLog(one, logStart)));
    }
    return found;
  }

  private async refuse(one: Case, text: string): Promise<string[]> {
    const filters = filtersOf(this.options, one, "refused");
    const config = bootstrap([{ name: "refused", filters }], this.servers.ports);
    try {
      await validateYaml(this.options.envoy.path, config, { file: one.case, text: config });
    } catch (error) {
      if (!(error instanceof HarnessError) || error.code !== "WASM_REFUSED") throw error;
      return error.message.includes(text)
        ? []
        : [`refused with ${JSON.stringify(error.message)}, not ${JSON.stringify(text)}`];
    }
    return ["the configuration was accepted"];
  }

  private async counters(one: Case): Promise<Map<string, number>> {
    const stats = await this.envoy.admin.stats();
    return new Map(Object.keys(one.counters).map((name) => [name, stats.counter(name)]));
  }

  // A counter may be written when the stream is logged, which is after its answer.
  private async missedCounters(one: Case, before: ReadonlyMap<string, number>): Promise<string[]> {
    const grown = async () => {
      const now = await this.counters(one);
      return Object.entries(one.counters).flatMap(([name, expected]) => {
        const delta = (now.get(name) ?? 0) - (before.get(name) ?? 0);
        return delta === expected ? [] : [`counter ${name}: expected ${expected} more, got ${delta}`];
      });
    };
    return settled(grown);
  }

  private async missedLog(one: Case, start: number): Promise<string[]> {
    const missing = async () => {
      const gained = (await this.envoy.log()).slice(start);
      return one.log
        .filter((text) => !gained.includes(text))
        .map((text) => `not in the log: ${JSON.stringify(text)}`);
    };
    return settled(missing);
  }
}

/** Whatever a case waits for, the others get their turn. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = delay(milliseconds, undefined, { signal: late.signal }).then(() => {
    throw new Error(`the case did not end within ${milliseconds / 1000} s`);
  });
  try {
    return await Promise.race([work, timer]);
  } finally {
    timer.catch(() => undefined);
    late.abort();
  }
}

/** Asks until nothing is missing; after two seconds, what is missing then. */
async function settled(missing: () => Promise<string[]>): Promise<string[]> {
  let last: string[] = [];
  const check = async () => ((last = await missing()).length === 0 ? true : undefined);
  await waitFor({ what: "what the case expects", timeoutMs: 2_000, check }).catch(() => undefined);
  return last;
}

function applies(name: SubjectName, one: Case): boolean {
  return name === "tremula" || one.native !== undefined;
}

function filtersOf(options: EnvoySubjectOptions, one: Case, vmId: string): readonly object[] {
  if (options.name === "native") return one.native ?? [];
  const wasmFile = options.wasmFiles.get(one.filter);
  if (wasmFile === undefined) throw new Error(`no module was given for filter ${one.filter}`);
  return wasmFilters(one, wasmFile, vmId);
}
