// SPDX-License-Identifier: Apache-2.0

/** How a connection's protocol came to be known, or why it did not. */
export enum Reason {
  /** The configuration says so. */
  Declared,
  /** A probe has matched. */
  Detected,
  /** Time was up. */
  Deadline,
  /** The client ended its half first; a probe may have matched because of it. */
  EndOfStream,
  /** As many octets as may be examined were not enough. */
  Cap,
  /** No probe can match any more. */
  Unknown,
}

const NAMES: StaticArray<string> = ["declared", "detected", "deadline", "end-of-stream", "cap", "unknown"];

/** The name in labels and counters. */
export function reasonName(reason: Reason): string {
  return <u32>reason < <u32>NAMES.length ? NAMES[reason] : NAMES[Reason.Unknown];
}
