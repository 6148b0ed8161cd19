import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCases } from "../../harness/conformance/cases.js";
import { EnvoySubject } from "../../harness/conformance/envoy-subject.js";
import { NodeSubject } from "../../harness/conformance/node-subject.js";
import { onlyInEnvoy } from "../../harness/conformance/only-in-envoy.js";
import { compileFilters } from "../../harness/conformance/run.js";
import { locateEnvoy } from "../../harness/envoy/index.js";

const root = new URL("../..", import.meta.url).pathname;
const cases = await loadCases(`${root}test/conformance`, `${root}examples`);

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

describe.each(["tremula", "native"] as const)("%s in Envoy", (name) => {
  const applicable = cases.filter((one) => name === "tremula" || one.native !== undefined);
  let subject: EnvoySubject;

  beforeAll(async () => {
    const wasmFiles = await compileFilters(cases, root);
    const envoy = await locateEnvoy({});
    subject = await EnvoySubject.start({ name, host: "envoy", envoy, cases: applicable, wasmFiles });
  });

  afterAll(() => subject?.close());

  it.each(applicable)("$filter: $case", async (one) => {
    expect(await subject.run(one)).toEqual({ outcome: "pass", detail: "" });
  });
});
