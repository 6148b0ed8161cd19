// SPDX-License-Identifier: Apache-2.0
import { Bytes, logWarn } from "tremula/assembly";
import { Dimension } from "../cel/dimension";
import { NO_EXPRESSION } from "../metrics/tag";

/**
 * The number of an expression among those that are there, to which it is added when it is new.
 *
 * @returns `NO_EXPRESSION`, after a warning, when it is none
 */
export function numberOf(source: Bytes, dimensions: Array<Dimension>, limit: i32): i32 {
  for (let i = 0; i < dimensions.length; i++) if (dimensions[i].source.equals(source)) return i;
  const dimension = new Dimension(source.copy(), limit);
  if (!dimension.isValid) {
    logWarn(Bytes.of("telemetry: no expression, so the label is left out: ").concat(source));
    return NO_EXPRESSION;
  }
  dimensions.push(dimension);
  return dimensions.length - 1;
}
