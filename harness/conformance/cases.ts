import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { parseDocument, LineCounter } from "yaml";
import { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";

const Pair = z.tuple([z.string(), z.string()]);

/** What a header field must be: one value, several in this order, or null for none. */
const Fields = z.record(z.string().toLowerCase(), z.union([z.string(), z.array(z.string()), z.null()]));

const Expectation = z.strictObject({
  /** 0 together with `reset: true` when the stream ends without an answer. */
  status: z.int(),
  headers: Fields.default({}),
  body: z.string().optional(),
  trailers: Fields.default({}),
  reset: z.boolean().default(false),
  /** What reached the upstream; null when nothing may. */
  upstream: z
    .strictObject({
      method: z.string().optional(),
      path: z.string().optional(),
      headers: Fields.default({}),
      body: z.string().optional(),
      trailers: Fields.default({}),
    })
    .nullable()
    .optional(),
});

const Request = z.strictObject({
  protocol: z.enum(["http1", "http2"]).default("http1"),
  method: z.string().default("GET"),
  path: z.string().default("/"),
  authority: z.string().default("example.com"),
  headers: z.array(Pair).default([]),
  body: z.string().optional(),
  trailers: z.array(Pair).optional(),
  expect: Expectation,
  /** What the native filter answers instead; the case then has a `why`. */
  native: Expectation.optional(),
});

/**
 * Besides `upstream`, to which requests go, filters may call these clusters: `callouts`, another echo server (see
 * upstream/echo.ts), `empty`, which has no hosts, and `grpc` (see upstream/grpc.ts).
 */
const Case = z
  .strictObject({
    case: z.string(),
    /** Reason of a difference between ours and native. */
    why: z.string().optional(),
    /** Plugin configuration: text as it is, anything else as JSON. */
    configuration: z.unknown().optional(),
    vmConfiguration: z.unknown().optional(),
    rootId: z.string().default(""),
    /**
     * More plugins of the same module, behind the first one in the filter chain and in its VM; one with `vm` is in
     * another, whose vm_id is the first one's with a hyphen and this name behind it.
     */
    plugins: z
      .array(
        z.strictObject({
          rootId: z.string(),
          configuration: z.unknown().optional(),
          vm: z.string().optional(),
        }),
      )
      .default([]),
    /** Environment variables of the VM. */
    environment: z.record(z.string(), z.string()).optional(),
    allowOnHeadersStopIteration: z.boolean().default(false),
    requests: z.array(Request).default([]),
    /** How much each counter grows over the case; ours only. */
    counters: z.record(z.string(), z.int()).default({}),
    /** Texts that Envoy's log must gain; ours only. */
    log: z.array(z.string()).default([]),
    /** The configuration must be refused, with this text in the log. */
    refused: z.string().optional(),
    /** Envoy's own HTTP filters that do the same; without it the case is ours only. */
    native: z.array(z.record(z.string(), z.unknown())).optional(),
  })
  .refine(({ requests, refused }) => (refused === undefined) === requests.length > 0, {
    message: "a case has either requests or refused",
  })
  .refine(({ why, requests }) => why !== undefined || requests.every(({ native }) => native === undefined), {
    message: "a case in which native differs says why",
    path: ["why"],
  });

const CaseFile = z.strictObject({
  /** The filter: its `index.ts` is beside the file, or in a folder of this name below `filters/` or `examples/`. */
  filter: z.string(),
  cases: z.array(Case).min(1),
});

export type CaseRequest = z.output<typeof Request>;
export type Expectation = z.output<typeof Expectation>;
export type HeaderFields = z.output<typeof Fields>;
export type Case = z.output<typeof Case> & { readonly filter: string; readonly file: string };

/** Reads every `*.cases.yaml` below some folders; an error names the file, the line and the field. */
export async function loadCases(...folders: string[]): Promise<Case[]> {
  const files = (await Promise.all(folders.map(caseFiles))).flat();
  return refuseDuplicates((await Promise.all(files.map(loadFile))).flat());
}

async function caseFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new HarnessError("CASES_MISSING", `no folder of cases at ${folder}`, {
      exitCode: ExitCode.usage,
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
  const parsed = CaseFile.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.join(".") ?? "";
    const node = document.getIn(issue?.path ?? [], true) as { range?: [number] } | undefined;
    const line = node?.range ? `:${lines.linePos(node.range[0]).line}` : "";
    throw invalid(`${path}${line}`, `${at}: ${issue?.message ?? "invalid"}`);
  }
  return parsed.data.cases.map((one) => ({ ...one, filter: parsed.data.filter, file: path }));
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
