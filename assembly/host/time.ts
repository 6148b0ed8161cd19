// SPDX-License-Identifier: Apache-2.0
import { proxy_get_current_time_nanoseconds } from "../abi/imports";
import { OUT } from "../abi/memory";
import { clock_time_get } from "../abi/wasi";

/** Nanoseconds since the Unix epoch, by Envoy's clock; 0 if the host refuses. All phases. */
export function currentTimeNanoseconds(): u64 {
  store<u64>(OUT, 0);
  proxy_get_current_time_nanoseconds(OUT);
  return load<u64>(OUT);
}

const MONOTONIC: i32 = 1;

/** Nanoseconds since some moment, never going back: for measuring how long something took. 0 if the host refuses. */
export function monotonicNanoseconds(): u64 {
  store<u64>(OUT, 0);
  clock_time_get(MONOTONIC, 1, OUT);
  return load<u64>(OUT);
}
