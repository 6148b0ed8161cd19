import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCases } from "../../harness/conformance/cases.js";
import { EnvoySubject } from "../../harness/conformance/envoy-subject.js";
import { compileFilters } from "../../harness/conformance/run.js";
import { locateEnvoy } from "../../harness/envoy/index.js";

const root = new URL("../..", import.meta.url).pathname;
const cases = await loadCases(`${root}test/conformance`, `${root}examples`);

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
