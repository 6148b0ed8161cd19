import type { Path, Position } from "../resources/index.js";

/** How bad it is. An error does not do what it says, hangs, or lets through what it should not. */
export type Severity = "error" | "warning" | "info";

/** From the worst. */
export const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

/** Text to put into a file at an offset. */
export interface Insertion {
  readonly file: string;
  readonly offset: number;
  readonly text: string;
  /** The file's text as it was read, which the offset is for. */
  readonly within: string;
}

/** What a check has found. */
export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  /** `Service prod/db` */
  readonly object: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: Path;
  readonly position: Position;
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** How `--fix` does it, where that is safe. */
  readonly edit?: Insertion;
}
