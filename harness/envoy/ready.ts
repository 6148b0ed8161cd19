import { readFile } from "node:fs/promises";
import { HarnessError } from "../errors.js";
import { Admin } from "./admin.js";
import { explainLog } from "./explain.js";
import { EnvoyError, inWords } from "./failure.js";
import { readLog } from "./log.js";
import type { RunDir } from "./run-dir.js";
import { Running, type Launched } from "./running.js";
import type { EnvoySpec, RunningEnvoy } from "./types.js";
import { waitFor, WaitTimeout } from "./wait.js";

/** Waits until Envoy is ready; when it never is, ends it and says why in Envoy's own words. */
export async function becomeReady(spec: EnvoySpec, run: RunDir, launched: Launched): Promise<RunningEnvoy> {
  let admin: Admin | undefined;
  try {
    const timeoutMs = spec.startTimeoutMs ?? 30_000;
    admin = await waitUntilLive(run, launched, timeoutMs, spec.signal);
    const pid = await launched.pid();
    return new Running(launched, run, admin, pid, spec);
  } catch (error) {
    await admin?.close();
    await launched.kill();
    await launched.process.exited;
    if (spec.signal?.aborted) run.remove();
    spec.signal?.throwIfAborted();
    run.keep();
    if (!(error instanceof WaitTimeout || error instanceof EnvoyError)) throw error;
    const log = await readLog(run.logPath);
    const what = error instanceof EnvoyError ? error.shortMessage : error.message;
    const failure = new EnvoyError("ENVOY_NOT_READY", what, run.logPath, log, error);
    const explained =
      launched.explain?.(log) ?? explainLog(log, spec.source ?? { file: run.configPath, text: spec.config });
    if (explained === undefined) throw failure;
    // With the config's own file named, nobody needs the copy.
    if (spec.source !== undefined) run.remove();
    // The log stays at hand as the cause.
    const { code, message, exitCode, hint } = explained;
    throw new HarnessError(code, message, {
      exitCode,
      cause: failure,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

async function waitUntilLive(
  run: RunDir,
  { process }: Launched,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Admin> {
  let state = "it never wrote its admin address";
  let admin: Admin | undefined;
  const whyGone = (): string | undefined => {
    const exit = process.exit();
    return exit && inWords(exit);
  };
  try {
    return await waitFor({
      what: "Envoy to become ready",
      timeoutMs,
      signal,
      check: async () => {
        const gone = whyGone();
        if (gone !== undefined)
          throw new EnvoyError("ENVOY_ENDED", `${gone} before it was ready`, run.logPath, "");
        if (admin === undefined) {
          const address = await readFile(run.adminPath, "utf8").catch(() => "");
          if (!/:\d+$/.test(address)) return undefined;
          admin = new Admin(address, whyGone);
        }
        try {
          const answer = await admin.ready();
          state = `its admin interface says ${answer}`;
          return answer === "LIVE" ? admin : undefined;
        } catch (error) {
          if (!(error instanceof HarnessError)) throw error;
          state = error.message;
          return undefined;
        }
      },
      detail: () => state,
    });
  } catch (error) {
    await admin?.close();
    throw error;
  }
}
