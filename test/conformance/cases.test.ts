import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCases } from "../../harness/conformance/cases.js";
import { EnvoySubject } from "../../harness/conformance/envoy-subject.js";
import { NodeSubject } from "../../harness/conformance/node-subject.js";
import { compileFilters } from "../../harness/conformance/run.js";
import { locateEnvoy } from "../../harness/envoy/index.js";

const root = new URL("../..", import.meta.url).pathname;
const cases = await loadCases(`${root}test/conformance`, `${root}examples`);

/** Cases that need what only Envoy has; a case that is not here must pass in process. */
const ONLY_IN_ENVOY = new Set(["expressions are evaluated over a stream, in its own callbacks only"]);

describe("tremula in process", () => {
  let subject: NodeSubject;

  beforeAll(async () => {
    subject = await NodeSubject.start(await compileFilters(cases, root));
  });

  it.each(cases)("$filter: $case", async (one) => {
    const { outcome, detail } = await subject.run(one);
    expect({ outcome, detail }).toEqual(
      ONLY_IN_ENVOY.has(one.case)
        ? { outcome: "skip", detail: "only Envoy has expr_create" }
        : { outcome: "pass", detail: "" },
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
