// SPDX-License-Identifier: Apache-2.0
import { HttpCall, Status } from "tremula/assembly";
import { KeySource } from "./key-source";

/** What a plugin does for the sources of its keys. */
export interface FetchListener {
  /** Sends a call of the plugin's own. */
  send(call: HttpCall): Status;
  /** `nextEvent` of a source has changed. */
  onSchedule(now: u64): void;
  /** A fetch has failed: for good, not just once. */
  onFailed(): void;
  /** A source is done, with new keys or without: whoever waits for it may go on. */
  onFetched(source: KeySource, now: u64): void;
}
