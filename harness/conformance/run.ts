import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { compile } from "../build/compile.js";
import type { LocatedEnvoy } from "../envoy/index.js";
import { ExitCode, HarnessError } from "../errors.js";
import type { Progress } from "../progress.js";
import type { Case } from "./cases.js";
import { EnvoySubject } from "./envoy-subject.js";
import { NodeSubject } from "./node-subject.js";
import type { ConformanceResult, Host, Subject, SubjectName } from "./subject.js";

export interface ConformanceOptions {
  readonly cases: readonly Case[];
  readonly hosts: readonly Host[];
  /** Not needed when the only host is `node`. */
  readonly envoy?: LocatedEnvoy | undefined;
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
      // Native filters are in Envoy only.
      if (cases.length === 0 || (host === "node" && name === "native")) continue;
      const subject = await startSubject(options, { cases, name, host, wasmFiles });
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

async function startSubject(
  { envoy, progress, signal }: ConformanceOptions,
  which: { cases: readonly Case[]; name: SubjectName; host: Host; wasmFiles: ReadonlyMap<string, string> },
): Promise<Subject> {
  const { name, host, wasmFiles } = which;
  if (host === "node") return NodeSubject.start(wasmFiles);
  if (envoy === undefined) throw new TypeError(`host ${host}: no Envoy was given`);
  progress.step(`starting Envoy for ${name} (${host})`);
  return EnvoySubject.start({ ...which, host, envoy, signal });
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
  for (const one of cases) {
    if (files.has(one.filter)) continue;
    const entry = entryOf(one, root);
    const { outFile } = await compile({ entry, outFile: join(root, "build", `${one.filter}.wasm`) });
    files.set(one.filter, outFile);
  }
  return files;
}

/** Beside the case file for an example or a project of its own; cases of many filters name their folder. */
function entryOf({ filter, file }: Case, root: string): string {
  const folders = ["filters", "examples", "test/fixtures"].map((folder) => join(root, folder, filter));
  const entry = [dirname(file), ...folders].map((folder) => join(folder, "index.ts")).find(existsSync);
  if (entry !== undefined) return entry;
  throw new HarnessError(
    "FILTER_MISSING",
    `no filter ${filter}: there is no index.ts beside ${file}, nor in filters/, examples/ or test/fixtures/`,
    { exitCode: ExitCode.usage },
  );
}
