import { ExitCode, HarnessError } from "../errors.js";
import { lastLines } from "./log.js";

/** An Envoy that failed, with the end of its log: `message` shows both, `shortMessage` is the one line. */
export class EnvoyError extends HarnessError {
  readonly shortMessage: string;
  /** The whole log up to the failure. */
  readonly log: string;
  readonly logPath: string;

  constructor(code: string, shortMessage: string, logPath: string, log: string, cause?: unknown) {
    const tail =
      log.trim() === "" ? `its log ${logPath} is empty` : `the end of ${logPath}:\n${lastLines(log)}`;
    super(code, `${shortMessage}; ${tail}`, { exitCode: ExitCode.checkFailed, cause });
    this.name = "EnvoyError";
    this.shortMessage = shortMessage;
    this.log = log;
    this.logPath = logPath;
  }
}

/** How an Envoy ended, in words. */
export const inWords = ({ code, signal }: { code: number | null; signal: string | null }): string =>
  signal === null ? `Envoy ended with code ${code}` : `Envoy was killed by ${signal}`;
