// The known answers of the probes over real sockets: whole, cut, octet by octet, and not an octet too early.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Case } from "../../harness/conformance/cases.js";
import { EnvoySubject } from "../../harness/conformance/envoy-subject.js";
import { expandFile } from "../../harness/conformance/expand.js";
import { NodeSubject } from "../../harness/conformance/node-subject.js";
import { compileFilters } from "../../harness/conformance/run.js";
import { CaseFile } from "../../harness/conformance/schema.js";
import type { Subject } from "../../harness/conformance/subject.js";
import { locateEnvoy } from "../../harness/envoy/index.js";
import { type Sample, SAMPLES } from "./corpus.js";

const root = new URL("../..", import.meta.url).pathname;
const HTTP = new Set(["http/1.0", "http/1.1", "http2"]);
/** Longer ones are cut into more octets at a time. */
const FEW_OCTETS = 64;

const hex = (octets: Buffer) => ({ hex: octets.toString("hex") });
const send = ({ octets, endOfStream = false }: Sample, split?: number | number[]) => [
  { send: hex(octets), ...(split !== undefined && { split }) },
  ...(endOfStream ? [{ end: true }] : []),
];

/** What must come of a sample: of HTTP the connection manager may say what it likes. */
function verdict({ protocol, reason }: Sample) {
  const labels = { protocol, reason: reason ?? (protocol === "unknown" ? "unknown" : "detected") };
  return HTTP.has(protocol) ? { cluster: "http", matches: "", labels } : { cluster: "tcp", labels };
}

const whole = SAMPLES.map((one) => ({ name: one.name, steps: send(one), expect: verdict(one) }));
const cut = SAMPLES.filter(({ octets }) => octets.length > 1).flatMap((one) => {
  const { name, at, octets } = one;
  const before = Math.max(1, Math.min(at - 1, octets.length - 1));
  const small = octets.length <= FEW_OCTETS ? 1 : Math.ceil(octets.length / FEW_OCTETS);
  return [[before], [at], [1, before], small].map((split) => ({
    name: `${name}, cut at ${JSON.stringify(split)}`,
    steps: send(one, split),
    expect: verdict(one),
  }));
});
const decided = SAMPLES.filter(({ endOfStream }) => endOfStream !== true);
const inTime = decided.map((one) => ({
  name: `${one.name}, as far as it decides`,
  steps: send({ ...one, octets: one.octets.subarray(0, one.at) }),
  expect: verdict(one),
}));
const tooEarly = decided
  .filter(({ at }) => at > 1)
  .map((one) => ({
    name: `${one.name}, without the octet that decides`,
    steps: send({ ...one, octets: one.octets.subarray(0, one.at - 1) }),
    expect: { undecided: true },
  }));

function suite(connections: readonly object[], name: string): Case {
  const file = CaseFile.parse({
    filter: "protocol-detection",
    labels: { protocol: "wasm.protocol_detection.protocol", reason: "wasm.protocol_detection.reason" },
    configuration: {
      detection: { max_bytes: 65536, on_unknown: "pass" },
      actions: { http: { cluster: "${cluster:http}" }, "*": { cluster: "tcp" } },
    },
    cases: [{ case: name, connections }],
  });
  return expandFile(file, "sockets.test.ts")[0]!;
}

const cases = [
  suite(whole, "samples"),
  suite(cut, "samples in pieces"),
  suite(inTime, "samples as far as they decide"),
  suite(tooEarly, "samples without the octet that decides"),
];

describe.each(["in process", "in Envoy"] as const)("what clients begin with, %s", (where) => {
  let subject: Subject;

  beforeAll(async () => {
    const wasmFiles = await compileFilters(cases, root);
    subject =
      where === "in process"
        ? await NodeSubject.start(wasmFiles)
        : await EnvoySubject.start({
            name: "tremula",
            host: "envoy",
            envoy: await locateEnvoy({}),
            cases,
            wasmFiles,
          });
  });

  afterAll(() => subject?.close());

  it.each(cases)("$case", { timeout: 120_000 }, async (one) => {
    expect(one.connections.length).toBeGreaterThan(100);
    expect(await subject.run(one)).toEqual({ outcome: "pass", detail: "" });
  });
});
