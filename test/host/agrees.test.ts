import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Case, CaseRequest } from "../../harness/conformance/cases.js";
import { EnvoySubject, type Exchange } from "../../harness/conformance/envoy-subject.js";
import { NodeSubject } from "../../harness/conformance/node-subject.js";
import { locateEnvoy, waitFor } from "../../harness/envoy/index.js";
import { compileProbe, ROOT } from "./support.js";

// Stock Envoy decides: a probe does the same on both hosts, and every answer that it gets, every callback that runs, what
// the client gets and what reaches the upstream must be the same.

interface Script {
  readonly name: string;
  readonly script: string;
  readonly request?: Partial<CaseRequest>;
  readonly allowOnHeadersStopIteration?: boolean;
  readonly upstream?: false;
}

/** What Envoy adds behind its filters, or what tells of a time or a connection. */
const NOT_COMPARED = new Set([
  ...["connection", "content-length", "date", "server", "transfer-encoding", "x-request-id"],
  ...["x-envoy-expected-rq-timeout-ms", "x-envoy-upstream-service-time"],
]);

const scripts = parse(readFileSync(join(ROOT, "test/fixtures/host/scripts.yaml"), "utf8")) as Script[];
const cases = scripts.map(caseOf);

let envoy: EnvoySubject;
let node: NodeSubject;

beforeAll(async () => {
  const wasmFiles = new Map([["probe", await compileProbe()]]);
  node = await NodeSubject.start(wasmFiles);
  const located = await locateEnvoy({});
  envoy = await EnvoySubject.start({ name: "tremula", host: "envoy", envoy: located, cases, wasmFiles });
});

afterAll(() => envoy?.close());

describe("the in-process host does what stock Envoy does", () => {
  it.each(scripts.map((script, index) => [script.name, index] as const))("%s", async (_, index) => {
    const one = cases[index]!;
    const script = scripts[index]!;
    const expected = await inEnvoy(one, index);
    expect(inNode(one, script)).toEqual(outcome(expected.exchange, expected.log, script));
  });
});

async function inEnvoy(one: Case, index: number): Promise<{ exchange: Exchange; log: string[] }> {
  const gained = async () => logOf(await envoy.envoy.log(), index);
  const before = (await gained()).length;
  const exchange = await envoy.exchange(one, one.requests[0]!);
  // The last that a stream does, unless its VM is broken; the answer may be there before it.
  const over = async () => ((await gained()).slice(before).includes("delete()") ? true : undefined);
  const traps = one.configuration as string;
  if (!/ trap$/m.test(traps)) await waitFor({ what: "the end of the stream", timeoutMs: 5_000, check: over });
  return { exchange, log: (await gained()).slice(before) };
}

function inNode(one: Case, script: Script): object {
  const { host } = node.running(one);
  const before = host.log.entries.length;
  const exchange = node.exchange(one, one.requests[0]!);
  const log = host.log.entries.slice(before).map(({ message }) => message);
  return outcome(
    exchange,
    // Envoy says this too, under another heading.
    log.filter((line) => !line.startsWith("Function: ")),
    script,
  );
}

function outcome(
  { observed: { response, upstream } }: Exchange,
  log: readonly string[],
  script: Script,
): object {
  return {
    log: log.map(withoutNotCompared),
    status: response.status,
    reset: response.reset !== undefined,
    headers: compared(response.headers),
    body: response.body.toString("latin1"),
    trailers: response.trailers,
    upstream: script.upstream !== false &&
      upstream && {
        method: upstream.method,
        path: upstream.path,
        headers: compared(upstream.headers),
        body: Buffer.from(upstream.body.base64 ?? "", "base64").toString("latin1"),
        trailers: upstream.trailers,
      },
  };
}

function compared(headers: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return headers.filter(([name]) => !NOT_COMPARED.has(name));
}

function withoutNotCompared(line: string): string {
  return line.replace(/"([^"]*)"="[^"]*" /g, (pair, name: string) => (NOT_COMPARED.has(name) ? "" : pair));
}

/** What the VM of a case has logged: its id is in each line's heading. */
function logOf(text: string, index: number): string[] {
  return [...text.matchAll(/wasm log ([^:]*): (.*)/g)]
    .filter(([, heading]) => ` ${heading}`.endsWith(` case-${index}`))
    .map(([, , line]) => line ?? "");
}

function caseOf({ name, script, request, allowOnHeadersStopIteration = false }: Script): Case {
  const asks = (request?.headers ?? []).some(([field]) => /^x-echo-(body|chunks)$/.test(field));
  const headers = [...(asks ? [] : [["x-echo-body", "ok"] as [string, string]]), ...(request?.headers ?? [])];
  return {
    case: name,
    filter: "probe",
    file: "test/fixtures/host/scripts.yaml",
    rootId: "",
    configuration: script,
    plugins: [],
    connections: [],
    allowOnHeadersStopIteration,
    counters: {},
    log: [],
    requests: [
      {
        protocol: "http1",
        method: "GET",
        path: "/",
        authority: "example.com",
        ...request,
        headers,
        expect: { status: 200, headers: {}, trailers: {}, reset: false },
      },
    ],
  };
}
