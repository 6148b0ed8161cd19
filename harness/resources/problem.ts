import { ExitCode, HarnessError } from "../errors.js";
import { placeText, type Position } from "./position.js";

/** What is wrong with what was read. */
export interface Problem {
  readonly position: Position;
  /** `AuthorizationPolicy prod/deny-all`, when it is known. */
  readonly object?: string;
  /** `spec.rules[0].to`, when it is known. */
  readonly path?: string;
  readonly message: string;
}

/** `policy.yaml:7: AuthorizationPolicy prod/deny-all: spec.rules[0]: unknown field "too"` */
export function problemText({ position, object, path, message }: Problem): string {
  return [placeText(position), object, path, message]
    .filter((part) => part !== undefined && part !== "")
    .join(": ");
}

const SHOWN = 20;

/** One error for all that is wrong, in the words of {@link problemText}. */
export function problemsError(problems: readonly Problem[]): HarnessError {
  const lines = problems.slice(0, SHOWN).map(problemText);
  if (problems.length > SHOWN) lines.push(`and ${problems.length - SHOWN} more`);
  return new HarnessError("RESOURCES_INVALID", lines.join("\n"), { exitCode: ExitCode.checkFailed });
}
