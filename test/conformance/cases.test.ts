import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCases } from "../../harness/conformance/cases.js";
import { NodeSubject } from "../../harness/conformance/node-subject.js";
import { onlyInEnvoy } from "../../harness/conformance/only-in-envoy.js";
import { compileFilters } from "../../harness/conformance/run.js";
import type { SubjectName } from "../../harness/conformance/subject.js";
import { locateEnvoy } from "../../harness/envoy/index.js";
import { Lanes } from "./lanes.js";

const root = new URL("../..", import.meta.url).pathname;
const cases = await loadCases(`${root}test/conformance`, `${root}examples`);

const NAMES = ["tremula", "native"] as const satisfies SubjectName[];

describe("tremula in process", () => {
  let subject: NodeSubject;

  beforeAll(async () => {
    subject = await NodeSubject.start(await compileFilters(cases, root));
  });

  it.each(cases)("$filter: $case", async (one) => {
    const reason = onlyInEnvoy(one);
    // Nothing else is a reason: what the in-process host lacks besides would go unnoticed.
    expect(await subject.run(one)).toEqual(
      reason === undefined ? { outcome: "pass", detail: "" } : { outcome: "skip", detail: reason },
    );
  });
});

// Native filters have half of the cases. More at once would keep each other from answering in time.
const LANES = { tremula: 2, native: 1 } as const;

describe("in Envoy", () => {
  const applicable = {
    tremula: cases,
    native: cases.filter((one) => one.native !== undefined),
  };
  const lanes = new Map<SubjectName, Lanes>();

  beforeAll(async () => {
    const wasmFiles = await compileFilters(cases, root);
    const envoy = await locateEnvoy({});
    for (const name of NAMES) {
      const options = { name, host: "envoy", envoy, cases: applicable[name], wasmFiles } as const;
      lanes.set(name, await Lanes.start(LANES[name], options));
    }
    for (const each of lanes.values()) each.run();
  });

  afterAll(() => Promise.all([...lanes.values()].map((each) => each.close())));

  describe.each(NAMES)("%s", (name) => {
    // A case may have to wait for an Envoy of its own to start, with keys and VMs for all of its cases.
    it.each(applicable[name])("$filter: $case", { timeout: 180_000 }, async (one) => {
      expect(await lanes.get(name)!.outcome(one)).toEqual({ outcome: "pass", detail: "" });
    });
  });
});
