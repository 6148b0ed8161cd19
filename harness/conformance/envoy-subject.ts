import type { LocatedEnvoy, RunningEnvoy } from "../envoy/index.js";
import { HarnessError } from "../errors.js";
import type { Case, CaseRequest, Expectation } from "./cases.js";
import { differences, type Observed } from "./check.js";
import { ALIVE, requireAlive, within } from "./envoy-alive.js";
import { type CaseConnection, type Opening, openingOf, openingsOf } from "./connections.js";
import { Batch, batchesOf, type Named } from "./envoy-batch.js";
import { type ConnectionExchange, converseAll } from "./envoy-connections.js";
import { counterGrowth, settled } from "./envoy-counters.js";
import { sendGroup } from "./envoy-group.js";
import { checkRefusal, Refusals } from "./envoy-refusal.js";
import { Servers } from "./envoy-servers.js";
import { namesOf, type Site } from "./envoy-site.js";
import { missedFetches } from "./fetches.js";
import type { Names } from "./names.js";
import { groupsOf, type Sending } from "./requests.js";
import type { CaseOutcome, Subject, SubjectName } from "./subject.js";

export interface EnvoySubjectOptions {
  readonly name: SubjectName;
  readonly host: "envoy" | "docker";
  readonly envoy: LocatedEnvoy;
  readonly cases: readonly Case[];
  /** The compiled module of each filter. */
  readonly wasmFiles: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal | undefined;
  /** How long a client waits for an answer; 10 s. */
  readonly patienceMs?: number | undefined;
  /** How many cases one Envoy has listeners for; 150, whose VMs take some 600 MB. */
  readonly batchSize?: number | undefined;
}

const CASE_TIMEOUT_MS = 60_000;
const BATCH_SIZE = 150;

/** A request of a case: what was expected, what was observed, and how they differ. */
export interface Exchange {
  readonly expected: Expectation;
  readonly observed: Observed;
  readonly wrong: readonly string[];
}

/**
 * Stock Envoy with a listener for each case, so that a hundred cases cost one start. Cases whose configuration
 * must be refused would keep it from starting: those go through Envoy's validation, which configures plugins too.
 */
export class EnvoySubject implements Subject {
  readonly name: SubjectName;
  readonly host: "envoy" | "docker";
  readonly #names = new Map<Case, Names>();

  private constructor(
    private readonly options: EnvoySubjectOptions,
    private readonly servers: Servers,
    private readonly batches: readonly Named[],
    private batch: Batch,
    private readonly refusals: Refusals,
  ) {
    this.name = options.name;
    this.host = options.host;
  }

  static async start(options: EnvoySubjectOptions): Promise<EnvoySubject> {
    const servers = await Servers.start();
    try {
      const applicable = options.cases.filter((one) => whyNot(options, one) === undefined);
      const [served, refused] = [true, false].map((serves) =>
        applicable.filter((one) => (one.refused === undefined) === serves),
      ) as [Case[], Case[]];
      const named = served.map((one, index) => [`case-${index}`, one] as const);
      const batches = batchesOf(named, options.batchSize ?? BATCH_SIZE);
      const sites = { subject: options.name, servers, wasmFiles: options.wasmFiles };
      const refusals = new Refusals(refused, (one) =>
        checkRefusal(one, options.envoy.path, sites, servers.ports),
      );
      const first = await Batch.start(batches[0] ?? [], options, servers);
      return new EnvoySubject(options, servers, batches, first, refusals);
    } catch (error) {
      await servers.close();
      throw error;
    }
  }

  /** The Envoy that runs now. */
  get envoy(): RunningEnvoy {
    return this.batch.envoy;
  }

  get envoyVersion(): string {
    return this.envoy.version;
  }

  async run(one: Case): Promise<CaseOutcome> {
    const reason = whyNot(this.options, one);
    if (reason !== undefined) return { outcome: "skip", detail: reason };
    if (one.refused === undefined) await this.turnTo(one);
    const found = await within(CASE_TIMEOUT_MS, this.observe(one)).catch(async (error: unknown) => {
      // An Envoy that is gone is no finding about this case.
      if (error instanceof HarnessError) throw error;
      await requireAlive(this.envoy, this.batch.address(ALIVE.name), one.case);
      return [(error as Error).message];
    });
    return found.length === 0
      ? { outcome: "pass", detail: "" }
      : { outcome: "fail", detail: found.join("; ") };
  }

  /** Sends one request of a case and says what came of it. */
  async exchange(one: Case, request: CaseRequest): Promise<Exchange> {
    await this.turnTo(one);
    const names = this.#names.get(one) ?? namesOf(one, this.site(one).name);
    this.#names.set(one, names);
    const [exchange] = await this.exchangeAll(one, [{ request: await names.fill(request), where: "" }]);
    return exchange!;
  }

  /** Opens one connection of a case and says what came of it. */
  async converse(one: Case, connection: CaseConnection): Promise<ConnectionExchange> {
    await this.turnTo(one);
    const names = this.#names.get(one) ?? namesOf(one, this.site(one).name);
    this.#names.set(one, names);
    const [exchange] = await this.converseAll(one, [openingOf(await names.fill(connection))]);
    return exchange!;
  }

  /** Where the case's listener is. */
  async address(one: Case): Promise<{ readonly host: string; readonly port: number }> {
    await this.turnTo(one);
    return this.batch.address(this.site(one).name);
  }

  async close(): Promise<void> {
    await this.refusals.settled();
    await Promise.all([this.envoy.stop(), this.servers.close()]);
  }

  /** Starts the Envoy that has the case, in place of the one that has not. */
  private async turnTo(one: Case): Promise<void> {
    const batch = this.batches.find((cases) => cases.some(([, each]) => each === one));
    if (batch === undefined || this.batch.has(one)) return;
    await this.envoy.stop();
    this.batch = await Batch.start(batch, this.options, this.servers);
  }

  private site(one: Case): Site {
    const site = this.batch.sites.get(one);
    if (site !== undefined) return site;
    const why =
      this.batch.refused.get(one) ?? `case "${one.case}" was not given when the subject was started`;
    throw new Error(why);
  }

  private async observe(one: Case): Promise<string[]> {
    if (one.refused !== undefined) return this.refusals.check(one);
    const { name } = this.site(one);
    const names = namesOf(one, name);
    this.#names.set(one, names);
    return this.serve(one, await names.fill(one));
  }

  /** @param filled the case with its names filled in */
  private async serve(one: Case, filled: Case): Promise<string[]> {
    const { name, jwks } = this.site(one);
    const { accessLog } = this.servers;
    const logStart = one.log.length === 0 ? 0 : (await this.envoy.log()).length;
    const logged = accessLog.records(name).length;
    const missedCounters = await counterGrowth(this.envoy.admin, this.countersOf(filled));
    const found: string[] = [];
    for (const group of groupsOf(filled.requests)) {
      const exchanges = await this.exchangeAll(one, group);
      exchanges.forEach(({ wrong }, i) => found.push(...wrong.map((text) => `${group[i]?.where}${text}`)));
    }
    // How a case cuts is for ours: native's verdicts may depend on it, and on what has arrived when Envoy looks.
    const { splits, ...uncut } = filled;
    const opened = openingsOf(this.name === "native" ? uncut : { ...uncut, splits });
    const openings = opened.filter(({ connection }) => !this.isTooOld(connection));
    (await this.converseAll(one, openings)).forEach(({ wrong }, i) =>
      found.push(...wrong.map((text) => `${openings[i]?.where}${text}`)),
    );
    found.push(...(await settled(missedCounters)));
    if (jwks !== undefined) {
      found.push(...(await settled(() => missedFetches(one, jwks.plan, this.name))));
    }
    if (this.name === "tremula" && one.log.length > 0) {
      found.push(...(await settled(() => this.missedLog(filled, logStart))));
    }
    const lines = accessLog.records(name).slice(logged);
    return [...found, ...this.wrongLines(filled, lines)];
  }

  private async exchangeAll(one: Case, group: readonly Sending[]): Promise<Exchange[]> {
    const { servers, options } = this;
    const target = {
      site: this.site(one),
      servers,
      address: await this.address(one),
      client: { timeoutMs: options.patienceMs },
    };
    return (await sendGroup(target, group)).map((observed, i) => {
      const { expect, native } = group[i]!.request;
      const expected = (this.name === "native" ? native : undefined) ?? expect;
      return { expected, observed, wrong: differences(expected, observed) };
    });
  }

  private async converseAll(one: Case, openings: readonly Opening[]): Promise<ConnectionExchange[]> {
    if (openings.length === 0) return [];
    const { servers, options, name } = this;
    const { patienceMs } = options;
    const address = await this.address(one);
    return converseAll({ site: this.site(one), servers, address, patienceMs, subject: name }, openings);
  }

  /** Whether this is native, of an Envoy that need not do it yet. */
  private isTooOld({ nativeSince }: CaseConnection): boolean {
    return this.name === "native" && nativeSince !== undefined && isOlder(this.envoyVersion, nativeSince);
  }

  private countersOf({ counters, nativeCounters }: Case): Readonly<Record<string, number>> {
    return this.name === "native" ? (nativeCounters ?? {}) : counters;
  }

  private wrongLines({ accessLog }: Case, records: readonly Readonly<Record<string, string>>[]): string[] {
    if (accessLog === undefined) return [];
    const expected = (this.name === "native" ? accessLog.nativeExpect : undefined) ?? accessLog.expect;
    const [wanted, got] = [expected, records.map(({ line }) => line ?? "")].map((all) => JSON.stringify(all));
    return wanted === got ? [] : [`access log: expected ${wanted}, got ${got}`];
  }

  private async missedLog(one: Case, start: number): Promise<string[]> {
    const gained = (await this.envoy.log()).slice(start);
    return one.log
      .filter((text) => !gained.includes(text))
      .map((text) => `not in the log: ${JSON.stringify(text)}`);
  }
}

/** Why a case is not for this subject on this Envoy. */
function whyNot({ name, envoy }: EnvoySubjectOptions, one: Case): string | undefined {
  if (name === "tremula") return undefined;
  if (one.native === undefined) return "no native filter does this";
  const { nativeSince } = one;
  return nativeSince !== undefined && isOlder(envoy.version, nativeSince)
    ? `the native filter does this from Envoy ${nativeSince} on`
    : undefined;
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) < 0;
}
