import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import { writeWhole } from "../whole-file.js";
import { Machine } from "./machine.js";

const Outcome = z.object({
  filter: z.string(),
  case: z.string(),
  subject: z.enum(["tremula", "native"]),
  host: z.enum(["node", "envoy", "docker"]),
  envoyVersion: z.string(),
  outcome: z.enum(["pass", "fail", "skip"]),
  detail: z.string(),
});

/** A case in which ours is meant to differ from native, as its file declares it. */
const Difference = z.object({
  filter: z.string(),
  case: z.string(),
  why: z.string(),
  /** What is asked, what ours answers, what native answers. */
  exchanges: z.array(z.object({ asked: z.string(), ours: z.string(), native: z.string() })),
});

const Cost = z.object({
  suite: z.string(),
  scenario: z.string(),
  about: z.string(),
  envoyVersion: z.string(),
  load: z.string(),
  rounds: z.int(),
  variants: z.array(
    z.object({
      variant: z.string(),
      /** Microseconds of CPU per request, or per connection. */
      cpu: z.number(),
      /** Against `none`, with the interval that holds it in nine of ten repetitions. */
      added: z.object({ value: z.number(), low: z.number(), high: z.number() }),
      requestsPerSecond: z.number(),
      rssKiB: z.number(),
    }),
  ),
  budgets: z.array(z.object({ text: z.string(), verdict: z.enum(["ok", "broken", "unclear"]) })),
});

const Common = { date: z.string(), machine: Machine };

export const ConformanceRun = z.object({
  ...Common,
  kind: z.literal("conformance"),
  outcomes: z.array(Outcome),
  differences: z.array(Difference),
});

export const BenchRun = z.object({ ...Common, kind: z.literal("bench"), costs: z.array(Cost) });

const Run = z.discriminatedUnion("kind", [ConformanceRun, BenchRun]);

export type Outcome = z.infer<typeof Outcome>;
export type Difference = z.infer<typeof Difference>;
export type Cost = z.infer<typeof Cost>;
export type ConformanceRun = z.infer<typeof ConformanceRun>;
export type BenchRun = z.infer<typeof BenchRun>;
export type Run = z.infer<typeof Run>;

const SUFFIX = ".run.json";

/** Makes a report's folder, if it is not there. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new HarnessError("NOT_WRITTEN", `${folder} cannot be a report's folder: ${fileTrouble(cause)}`, {
      exitCode: ExitCode.environment,
      cause,
    });
  });
}

/** Keeps a run in a report's folder, beside those that are there. */
export async function keepRun(folder: string, run: Run): Promise<void> {
  await makeFolder(folder);
  const stamp = run.date.replace(/[:.]/g, "-");
  // Whole at once: another run may be reading the folder. Its process tells it from one that ended in the same millisecond.
  await writeWhole(join(folder, `${run.kind}-${stamp}-${process.pid}${SUFFIX}`), `${JSON.stringify(run)}\n`);
}

/** All runs of a folder, oldest first. */
export async function readRuns(folder: string): Promise<Run[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
  const runs = await Promise.all(names.map((name) => readRun(join(folder, name))));
  return runs.sort((a, b) => (a.date < b.date ? -1 : 1));
}

async function readRun(file: string): Promise<Run> {
  try {
    return Run.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new HarnessError("REPORT_UNREADABLE", `${file} is not a run: ${(cause as Error).message}`, {
      exitCode: ExitCode.usage,
      hint: "Remove it, or give --report another folder.",
      cause,
    });
  }
}
