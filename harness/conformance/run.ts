import { existsSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../build/compile.js";
import type { LocatedEnvoy } from "../envoy/index.js";
import { ExitCode, HarnessError } from "../errors.js";
import type { Progress } from "../progress.js";
import type { Case } from "./cases.js";
import { EnvoySubject } from "./envoy-subject.js";
import type { ConformanceResult, Subject, SubjectName } from "./subject.js";

export interface ConformanceOptions {
  readonly cases: readonly Case[];
  readonly hosts: readonly ("envoy" | "docker")[];
  readonly envoy: LocatedEnvoy;
  /** Folder that has `filters/` and `examples/`. */
  readonly root: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Runs every case on every subject that can take it, one subject after the other. */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceResult[]> {
  const wasmFiles = await compileFilters(options.cases, options.root);
  const results: ConformanceResult[] = [];
  for (const host of options.hosts) {
    for (const name of ["tremula", "native"] satisfies SubjectName[]) {
      const cases = name === "native" ? withNative(options.cases) : options.cases;
      if (cases.length === 0) continue;
      options.progress.step(`starting Envoy for ${name} (${host})`);
      const subject = await EnvoySubject.start({ ...options, cases, name, host, wasmFiles });
      try {
        results.push(...(await runOn(subject, cases, options.progress)));
      } finally {
        await subject.close();
      }
    }
  }
  options.progress.clear();
  return results;
}

/** The cases of filters that have a native counterpart at all. */
function withNative(cases: readonly Case[]): readonly Case[] {
  const filters = new Set(cases.filter(({ native }) => native !== undefined).map(({ filter }) => filter));
  return cases.filter(({ filter }) => filters.has(filter));
}

async function runOn(
  subject: Subject,
  cases: readonly Case[],
  progress: Progress,
): Promise<ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  for (const one of cases) {
    progress.step(`${one.filter}: ${one.case} (${subject.name} in ${subject.host})`);
    const { outcome, detail } = await subject.run(one);
    const { name, host, envoyVersion } = subject;
    results.push({ filter: one.filter, case: one.case, subject: name, host, envoyVersion, outcome, detail });
  }
  return results;
}

/** The module of each filter that the cases are about, built if it is stale. */
export async function compileFilters(cases: readonly Case[], root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const filter of new Set(cases.map((one) => one.filter))) {
    const entry = ["filters", "examples", "test/fixtures"]
      .map((folder) => join(root, folder, filter, "index.ts"))
      .find(existsSync);
    if (entry === undefined) {
      throw new HarnessError(
        "FILTER_MISSING",
        `no filter ${filter}: none of filters/, examples/ and test/fixtures/ has it`,
        {
          exitCode: ExitCode.usage,
        },
      );
    }
    const { outFile } = await compile({ entry, outFile: join(root, "build", `${filter}.wasm`) });
    files.set(filter, outFile);
  }
  return files;
}
