// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { NO_LABEL } from "../labels/label";

/** No expression. */
export const NO_EXPRESSION: i32 = -1;

/** One label of a metric: its name, and where its value comes from. */
@final
export class Tag {
  /** Number of the expression that gives the value; `NO_EXPRESSION` for the standard one. */
  expression: i32 = NO_EXPRESSION;
  /** A label that was removed keeps its place for a later rule that adds it again. */
  removed: bool = false;

  constructor(
    readonly name: Bytes,
    /** The standard label, or `NO_LABEL`. */
    readonly label: i32 = NO_LABEL,
  ) {}
}
