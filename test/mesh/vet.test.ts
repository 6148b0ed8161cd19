import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readResources } from "../../harness/resources/index.js";
import { ISTIO_CODES, vet } from "../../harness/vet/index.js";
import { execute } from "./execute.js";
import { istioSources, meshTool, meshToolsMissing } from "./tools.js";

const sources = await istioSources();
const missing =
  meshToolsMissing("istio-analyze") ??
  (sources === null ? "Istio's sources are not in Go's module cache" : null);

/** The inputs that istioctl's analyzers are tested with. */
const INPUTS = join(sources ?? "", "pkg/config/analysis/analyzers/testdata");
const inputs = missing !== null ? [] : readdirSync(INPUTS).filter((name) => name.endsWith(".yaml"));
/** Some say nothing without another one. */
const PAIRS = [["injection-with-mismatched-sidecar.yaml", "common/sidecar-injector-configmap.yaml"]];

/** Many analyzers say "not found" (IST0101), and we have two of them. */
const OF_NOT_FOUND = ["auth.AuthorizationPoliciesAnalyzer", "virtualservice.DestinationHostAnalyzer"];

/** The namespace of what names none. */
const namespaceOf = (kind: string): string => (kind === "Namespace" ? "" : "default");

interface Verdict {
  readonly file: string;
  readonly messages: readonly {
    readonly analyzer: string;
    readonly code: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  }[];
  readonly error?: string;
}

describe.skipIf(missing !== null)(
  `the analyzers of istioctl${missing === null ? "" : ` (${missing})`}`,
  () => {
    const codes = new Set(ISTIO_CODES.values());
    const seen = new Set<string>();
    let folder: string;
    let theirs: ReadonlyMap<string, Verdict>;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "tremula-analyze-"));
      const pairs = PAIRS.map(([one, other]) => {
        const file = join(folder, one!);
        writeFileSync(
          file,
          [one, other].map((name) => readFileSync(join(INPUTS, name!), "utf8")).join("\n---\n"),
        );
        return file;
      });
      const files = [...inputs.map((name) => join(INPUTS, name)), ...pairs];
      const { code, stdout, stderr } = await execute(meshTool("istio-analyze")!, files);
      expect(code, stderr).toBe(0);
      // It logs on standard output, too.
      const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
      theirs = new Map(lines.map((line) => JSON.parse(line) as Verdict).map((one) => [one.file, one]));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    async function compare(file: string): Promise<void> {
      const { messages, error } = theirs.get(file)!;
      // What Kubernetes would not take, like a mesh configuration by itself.
      if (error !== undefined) return;
      const expected = messages
        .filter(
          ({ code, analyzer }) => codes.has(code) && (code !== "IST0101" || OF_NOT_FOUND.includes(analyzer)),
        )
        .map(
          ({ code, kind, namespace, name }) => `${code} ${kind} ${namespace || namespaceOf(kind)}/${name}`,
        );
      const { findings } = vet(await readResources([file]));
      const ours = findings.flatMap(({ id, kind, namespace, name }) => {
        const code = ISTIO_CODES.get(id);
        return code === undefined ? [] : [`${code} ${kind} ${namespace}/${name}`];
      });
      // Of one thing that is wrong twice in one object, istioctl speaks once.
      expect([...new Set(ours)].sort()).toEqual([...new Set(expected)].sort());
      for (const line of expected) seen.add(line.split(" ")[0]!);
    }

    it.each(inputs)("give vet's verdict on %s", (name) => compare(join(INPUTS, name)));

    it.each(PAIRS)("give vet's verdict on %s with %s", (one) => compare(join(folder, one)));

    it("have complained of each of the things that vet has a check for", () => {
      expect([...codes].filter((code) => !seen.has(code))).toEqual([]);
    });
  },
);
