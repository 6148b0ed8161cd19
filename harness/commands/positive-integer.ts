import { InvalidArgumentError } from "commander";

/** The value of an option that takes a positive integer. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Expected a positive integer.");
  return Number(text);
}
