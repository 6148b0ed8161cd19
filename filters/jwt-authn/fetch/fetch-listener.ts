// SPDX-License-Identifier: Apache-2.0
import { HttpCall, Status } from "tremula/assembly";

/** What a plugin does for the sources of its keys. */
export interface FetchListener {
  /** How many requests that need a token have come so far: orders them as their times cannot. */
  readonly arrivals: u64;
  /** Sends a call of the plugin's own. */
  send(call: HttpCall): Status;
  /** `nextEvent` of a source has changed. */
  onSchedule(now: u64): void;
  /** A fetch by this worker has brought keys. */
  onFetchSuccess(): void;
  /** A fetch by this worker has failed: for good, not just once. */
  onFetchFailure(): void;
  /** A source is done, with new keys or without: whoever waits for it may go on. */
  onFetched(now: u64): void;
}
