import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { parseDocument, LineCounter } from "yaml";
import type { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";
import { expandFile } from "./expand.js";
import type { HttpFilter } from "./native.js";
import type { Expectation as ExpectationSchema, Request } from "./request-schema.js";
import { type Case as CaseSchema, CaseFile } from "./schema.js";

export type CaseRequest = z.output<typeof Request>;
export type Expectation = z.output<typeof ExpectationSchema>;
export type HeaderFields = Expectation["headers"];

/** A case of one file and one variant, whole by itself; strings still have names in them, see names.ts. */
export type Case = Omit<z.output<typeof CaseSchema>, "native"> & {
  readonly filter: string;
  readonly file: string;
  /** Envoy's own HTTP filters that do the same; without them the case is ours only. */
  readonly native?: HttpFilter[] | undefined;
};

/** Reads every `*.cases.yaml` below some folders; an error names the file, the line and the field. */
export async function loadCases(...folders: string[]): Promise<Case[]> {
  const cases: Case[] = [];
  // One after the other: of several errors it is the first that is told.
  for (const folder of folders) {
    for (const file of await caseFiles(folder)) cases.push(...(await loadFile(file)));
  }
  return refuseDuplicates(cases);
}

async function caseFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new HarnessError("CASES_MISSING", `no folder of cases at ${folder}`, {
      exitCode: ExitCode.usage,
      hint: "give the folder with your *.cases.yaml: --cases .",
      cause,
    });
  });
  return entries
    .filter((name) => name.endsWith(".cases.yaml") && !name.split(sep).includes("node_modules"))
    .sort()
    .map((name) => join(folder, name));
}

async function loadFile(path: string): Promise<Case[]> {
  const lines = new LineCounter();
  const document = parseDocument(await readFile(path, "utf8"), { lineCounter: lines, merge: true });
  const [syntax] = document.errors;
  if (syntax !== undefined) throw invalid(path, syntax.message);
  const parsed = CaseFile.safeParse(document.toJS({ maxAliasCount: -1 }));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.join(".") ?? "";
    const node = document.getIn(issue?.path ?? [], true) as { range?: [number] } | undefined;
    const line = node?.range ? `:${lines.linePos(node.range[0]).line}` : "";
    throw invalid(`${path}${line}`, `${at}: ${issue?.message ?? "invalid"}`);
  }
  try {
    return expandFile(parsed.data, path);
  } catch (error) {
    throw invalid(path, (error as Error).message);
  }
}

function refuseDuplicates(cases: Case[]): Case[] {
  const seen = new Set<string>();
  for (const one of cases) {
    const name = `${one.filter}: ${one.case}`;
    if (seen.has(name)) throw invalid(name, "two cases have this name");
    seen.add(name);
  }
  return cases;
}

function invalid(where: string, message: string): HarnessError {
  return new HarnessError("CASES_INVALID", `${where}: ${message}`, { exitCode: ExitCode.usage });
}
