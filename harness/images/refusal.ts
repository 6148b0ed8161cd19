import { ExitCode, HarnessError } from "../errors.js";

/** What a registry says or does that nobody should go along with. */
export function refusal(doing: string, why: string, cause?: unknown): HarnessError {
  return new HarnessError("REGISTRY_REFUSED", `${doing}: ${why}`, { cause });
}

/** A registry that does not answer, or has stopped to. */
export function unreachable(
  doing: string,
  why: string,
  more: { hint?: string; cause?: unknown } = {},
): HarnessError {
  return new HarnessError("REGISTRY_UNREACHABLE", `${doing}: ${why}`, {
    exitCode: ExitCode.environment,
    ...more,
  });
}

/** Somebody else's words for a terminal: on one line, and without what would move its cursor or turn its text around. */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
