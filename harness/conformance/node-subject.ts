import { readFile } from "node:fs/promises";
import {
  EnvoyHazard,
  FilterChain,
  Host,
  type Plugin,
  PluginRefused,
  type PropertyMap,
} from "../host/index.js";
import { JwksPlan } from "../upstream/index.js";
import type { Case, CaseRequest } from "./cases.js";
import { differences } from "./check.js";
import { connectionDifferences } from "./connection-check.js";
import { openingsOf } from "./connections.js";
import { NODE } from "./envoy-config.js";
import type { Exchange } from "./envoy-subject.js";
import { missedFetches } from "./fetches.js";
import { asksForJwks, Names, statPrefixOf } from "./names.js";
import { converse } from "./node-connections.js";
import { letTimePass, type Running, sendGroup } from "./node-group.js";
import { onlyInEnvoy } from "./only-in-envoy.js";
import { groupsOf, type Sending } from "./requests.js";
import type { CaseOutcome, Subject } from "./subject.js";

/** What an Envoy has run for, at the least, when the first request comes. */
const WARM_UP_MS = 100;
/** How long counters and log may take after the last request. */
const SETTLE_MS = 2_000;
const NO_JWKS = new JwksPlan(new Map());

/** What a case is started with besides itself. */
interface Beginning {
  /** Where the clock stands, in milliseconds since 1970. */
  readonly now: number;
  readonly plan: JwksPlan;
}

/**
 * Our filters in the in-process host, with an echo upstream that never leaves the process: the same cases as in Envoy,
 * in milliseconds and without a port.
 */
export class NodeSubject implements Subject {
  readonly name = "tremula";
  readonly host = "node";
  readonly envoyVersion = "";
  readonly #running = new Map<Case, Running>();
  readonly #beginnings = new WeakMap<Case, Beginning>();

  private constructor(private readonly modules: ReadonlyMap<string, WebAssembly.Module>) {}

  /** @param wasmFiles the compiled module of each filter */
  static async start(wasmFiles: ReadonlyMap<string, string>): Promise<NodeSubject> {
    const modules = new Map<string, WebAssembly.Module>();
    for (const [filter, file] of wasmFiles) {
      modules.set(filter, await WebAssembly.compile(await readFile(file)));
    }
    return new NodeSubject(modules);
  }

  async run(one: Case): Promise<CaseOutcome> {
    const reason = onlyInEnvoy(one);
    if (reason !== undefined) return { outcome: "skip", detail: reason };
    // Filters look at certificates and at tokens, which are of now.
    const now = Date.now();
    const names = new Names(one, {
      now: Math.floor(now / 1000),
      clusters: { jwks: "jwks", http: "http" },
      statPrefix: statPrefixOf(one, "case"),
    });
    let filled: Case;
    try {
      filled = await names.fill(one);
      this.#beginnings.set(filled, { now, plan: asksForJwks(one) ? await names.plan() : NO_JWKS });
    } catch (error) {
      return { outcome: "fail", detail: (error as Error).message };
    }
    const found = this.#observe(filled);
    const missing = [...(this.#running.get(filled)?.host.unimplemented ?? [])];
    if (found.length > 0 && missing.length > 0) {
      return { outcome: "skip", detail: `only Envoy has ${missing.join(", ")}` };
    }
    return { outcome: found.length === 0 ? "pass" : "fail", detail: found.join("; ") };
  }

  /** Sends one request of a case and says what came of it. */
  exchange(one: Case, request: CaseRequest): Exchange {
    return this.#exchange(one, [{ request, where: "" }])[0]!;
  }

  #exchange(one: Case, group: readonly Sending[]): Exchange[] {
    return sendGroup(this.running(one), one, group).map((observed, i) => {
      const { expect } = group[i]!.request;
      return { expected: expect, observed, wrong: differences(expect, observed) };
    });
  }

  /** The case's plugins, started at its first request. */
  running(one: Case): Running {
    const running = this.#running.get(one) ?? this.#start(one);
    this.#running.set(one, running);
    return running;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #observe(one: Case): string[] {
    try {
      return one.refused === undefined ? this.#serve(one) : this.#refuse(one, one.refused);
    } catch (error) {
      if (!(error instanceof PluginRefused) && !(error instanceof EnvoyHazard)) throw error;
      return [error.message];
    }
  }

  #serve(one: Case): string[] {
    // What a plugin says while it starts is the case's too.
    const logged = this.#running.get(one)?.host.log.entries.length ?? 0;
    const running = this.running(one);
    const { host, plan } = running;
    const before = new Map(Object.keys(one.counters).map((name) => [name, host.stats.counter(name)]));
    const found: string[] = [];
    for (const group of groupsOf(one.requests)) {
      this.#exchange(one, group).forEach(({ wrong }, i) =>
        found.push(...wrong.map((text) => `${group[i]?.where}${text}`)),
      );
    }
    for (const opening of openingsOf(one)) {
      const { expect } = opening.connection;
      const observed = converse(running, one, opening, expect);
      const wrong = connectionDifferences(expect, opening, observed);
      found.push(...wrong.map((text) => `${opening.where}${text}`));
    }
    const missed = (): string[] => [
      ...Object.entries(one.counters).flatMap(([name, expected]) => {
        const delta = host.stats.counter(name) - (before.get(name) ?? 0);
        return delta === expected ? [] : [`counter ${name}: expected ${expected} more, got ${delta}`];
      }),
      ...one.log
        .filter((text) => !gained(host, logged).includes(text))
        .map((text) => `not in the log: ${JSON.stringify(text)}`),
      ...missedFetches(one, plan, this.name),
    ];
    // As in Envoy, what a timer does may come after the last answer.
    for (let waited = 0; missed().length > 0 && waited < SETTLE_MS; waited += 100) letTimePass(running, 100);
    return [...found, ...missed()];
  }

  #refuse(one: Case, text: string): string[] {
    try {
      this.#start(one);
    } catch (error) {
      if (!(error instanceof PluginRefused)) throw error;
      return error.message.includes(text)
        ? []
        : [`refused with ${JSON.stringify(error.message)}, not ${JSON.stringify(text)}`];
    }
    return ["the configuration was accepted"];
  }

  #start(one: Case): Running {
    const module = this.modules.get(one.filter);
    if (module === undefined) throw new Error(`no module was given for filter ${one.filter}`);
    const { now, plan } = this.#beginnings.get(one) ?? { now: Date.now(), plan: NO_JWKS };
    const host = new Host({
      clusters: ["upstream", "callouts", "grpc", "jwks"],
      emptyClusters: ["empty"],
      node: { id: "", cluster: "", ...NODE, ...(one.node as PropertyMap | undefined) },
      now,
      clockStepNanoseconds: 1_000,
    });
    const startVm = (vmId: string) =>
      host.startVm(module, {
        vmId,
        vmConfiguration: one.vmConfiguration,
        environment: one.environment ?? {},
      });
    const vmId = "case";
    const vms = new Map([[vmId, startVm(vmId)]]);
    const start = (plugin: { rootId: string; configuration?: unknown; vm?: string | undefined }): Plugin => {
      const id = plugin.vm === undefined ? vmId : `${vmId}-${plugin.vm}`;
      const vm = vms.get(id) ?? startVm(id);
      vms.set(id, vm);
      return vm.startPlugin({
        name: one.filter,
        rootId: plugin.rootId,
        configuration: plugin.configuration,
        failurePolicy: "FAIL_CLOSED",
        allowOnHeadersStopIteration: one.allowOnHeadersStopIteration,
      });
    };
    const plugins: [Plugin, ...Plugin[]] = [
      start({ rootId: one.rootId, configuration: one.configuration }),
      ...one.plugins.map(start),
    ];
    const running = { host, plugins, chain: new FilterChain(...plugins), plan };
    letTimePass(running, WARM_UP_MS);
    return running;
  }
}

function gained({ log }: Host, from: number): string {
  return log.entries
    .slice(from)
    .map(({ message }) => message)
    .join("\n");
}
