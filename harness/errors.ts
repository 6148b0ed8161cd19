/** Exit codes of the `tremula` command. */
export const ExitCode = {
  ok: 0,
  /** A check failed: a test case, an audit, an invalid Envoy config, a module that does not compile. */
  checkFailed: 1,
  /** The command line was wrong. */
  usage: 2,
  /** The environment lacks something; the message says what to do about it. */
  environment: 3,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An error that the command line prints as one line, without a stack. */
export class HarnessError extends Error {
  /** Stable, for programs: `ENVOY_VERSION_UNKNOWN`, `HASH_MISMATCH` … */
  readonly code: string;
  readonly exitCode: ExitCode;
  /** What to do about it; printed on its own line. */
  readonly hint: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { exitCode?: ExitCode; hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "HarnessError";
    this.code = code;
    this.exitCode = options.exitCode ?? ExitCode.checkFailed;
    this.hint = options.hint;
  }
}
