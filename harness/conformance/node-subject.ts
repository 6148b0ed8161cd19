import { readFile } from "node:fs/promises";
import {
  EnvoyHazard,
  FilterChain,
  Host,
  type HttpStream,
  type Plugin,
  PluginRefused,
} from "../host/index.js";
import type { Case, CaseRequest } from "./cases.js";
import { differences } from "./check.js";
import type { ClientResponse, HeaderPair } from "./client.js";
import type { Exchange } from "./envoy-subject.js";
import { answerCallout, requestOf, serveEcho } from "./node-echo.js";
import { describeStream } from "./node-attributes.js";
import { NODE_FOREIGN_FUNCTIONS } from "./node-foreign.js";
import { serveGrpc } from "./node-grpc.js";
import type { CaseOutcome, Subject } from "./subject.js";

/** As long as the client of the Envoy subject waits; of the host's clock, which costs no time. */
const PATIENCE_MS = 10_000;
/** What an Envoy has run for, at the least, when the first request comes. */
const WARM_UP_MS = 100;
/** How long counters and log may take after the last request. */
const SETTLE_MS = 2_000;

/** A case's plugins, started. */
interface Running {
  readonly host: Host;
  readonly plugins: readonly [Plugin, ...Plugin[]];
  readonly chain: FilterChain;
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

  private constructor(private readonly modules: ReadonlyMap<string, WebAssembly.Module>) {}

  /** @param wasmFiles the compiled module of each filter */
  static async start(wasmFiles: ReadonlyMap<string, string>): Promise<NodeSubject> {
    const modules = new Map<string, WebAssembly.Module>();
    for (const [filter, file] of wasmFiles) {
      modules.set(filter, await WebAssembly.compile(await readFile(file)));
    }
    return new NodeSubject(modules);
  }

  run(one: Case): Promise<CaseOutcome> {
    const found = this.#observe(one);
    const missing = [...(this.#running.get(one)?.host.unimplemented ?? [])];
    if (found.length > 0 && missing.length > 0) {
      return Promise.resolve({ outcome: "skip", detail: `only Envoy has ${missing.join(", ")}` });
    }
    return Promise.resolve({ outcome: found.length === 0 ? "pass" : "fail", detail: found.join("; ") });
  }

  /** Sends one request of a case and says what came of it. */
  exchange(one: Case, request: CaseRequest): Exchange {
    const running = this.running(one);
    const stream = running.chain.http({ protocol: request.protocol });
    describeStream(stream);
    running.chain.send(stream, clientRequest(request), (received, live) => {
      serveEcho(received, request.protocol, live, running.host.clock);
      return null;
    });
    waitFor(running, stream);
    const upstream = stream.reachedUpstream ? requestOf(stream.upstreamRequest, request.protocol) : undefined;
    const observed = { response: clientResponse(stream, request), upstream };
    return { expected: request.expect, observed, wrong: differences(request.expect, observed) };
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
    const { host, plugins } = this.running(one);
    const before = new Map(Object.keys(one.counters).map((name) => [name, host.stats.counter(name)]));
    const found: string[] = [];
    for (const [index, request] of one.requests.entries()) {
      const where = one.requests.length > 1 ? `request ${index + 1}: ` : "";
      found.push(...this.exchange(one, request).wrong.map((text) => where + text));
    }
    const missed = (): string[] => [
      ...Object.entries(one.counters).flatMap(([name, expected]) => {
        const delta = host.stats.counter(name) - (before.get(name) ?? 0);
        return delta === expected ? [] : [`counter ${name}: expected ${expected} more, got ${delta}`];
      }),
      ...one.log
        .filter((text) => !gained(host, logged).includes(text))
        .map((text) => `not in the log: ${JSON.stringify(text)}`),
    ];
    // As in Envoy, what a timer does may come after the last answer.
    for (let waited = 0; missed().length > 0 && waited < SETTLE_MS; waited += 100) plugins[0].advance(100);
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
    const host = new Host({
      clusters: ["upstream", "callouts", "grpc"],
      emptyClusters: ["empty"],
      foreignFunctions: NODE_FOREIGN_FUNCTIONS,
      node: { id: "", cluster: "", metadata: { zone: "node" } },
      // Filters look at certificates and at tokens, which are of now.
      now: Date.now(),
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
    plugins[0].advance(WARM_UP_MS);
    return { host, plugins, chain: new FilterChain(...plugins) };
  }
}

function gained({ log }: Host, from: number): string {
  return log.entries
    .slice(from)
    .map(({ message }) => message)
    .join("\n");
}

/** Lets time pass, and callouts be answered, until the stream has ended. */
function waitFor({ host, plugins }: Running, stream: HttpStream): void {
  const { clock } = host;
  const deadline = clock.nanoseconds + BigInt(PATIENCE_MS) * 1_000_000n;
  const answered = () =>
    plugins.some(
      ({ callouts, grpcCalls }) =>
        callouts.some((callout) => answerCallout(callout, clock)) ||
        grpcCalls.some((call) => serveGrpc(call, clock)),
    );
  const roots = plugins.map(({ root }) => root);
  while (!stream.finished || plugins.some(({ callouts }) => callouts.length > 0)) {
    if (answered()) continue;
    const left = Number(deadline - clock.nanoseconds) / 1e6;
    if (left > 0 && host.drive(roots, () => clock.advanceToNext(left))) continue;
    if (!stream.finished) stream.abort();
    return;
  }
}

/** What a client's codec makes of a request: HTTP/1 says how long its body is, and tells of its end by itself. */
function clientRequest({ method, path, authority, headers, body, trailers = [], protocol }: CaseRequest) {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const sized = protocol === "http1" && bytes !== undefined && trailers.length === 0;
  const end = protocol === "http1" && trailers.length === 0 ? [new Uint8Array(0)] : [];
  return {
    protocol,
    method,
    path,
    authority,
    headers: [...headers, ...(sized ? [["content-length", String(bytes.length)] as const] : [])],
    ...(bytes !== undefined && { body: [bytes, ...end] }),
    ...(trailers.length > 0 && { trailers }),
  };
}

function clientResponse(stream: HttpStream, { protocol }: CaseRequest): ClientResponse {
  if (!stream.answered) {
    const reset = stream.resetReason ?? "no answer";
    return { status: 0, headers: [], body: Buffer.alloc(0), trailers: [], reset };
  }
  const { response } = stream;
  // HTTP/1 has no blanks around a value.
  const field = ([name, value]: HeaderPair): HeaderPair => [
    name,
    protocol === "http1" ? value.trim() : value,
  ];
  return {
    status: response.status,
    headers: response.headers
      .pairs()
      .filter(([name]) => !name.startsWith(":"))
      .map(field),
    body: Buffer.from(response.body),
    trailers: response.trailers?.pairs().map(field) ?? [],
    ...(stream.resetReason !== null && { reset: stream.resetReason }),
  };
}
