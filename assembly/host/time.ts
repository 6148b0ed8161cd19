// SPDX-License-Identifier: Apache-2.0
import { proxy_get_current_time_nanoseconds } from "../abi/imports";
import { OUT } from "../abi/memory";

/** Nanoseconds since the Unix epoch, by Envoy's clock; 0 if the host refuses. All phases. */
export function currentTimeNanoseconds(): u64 {
  store<u64>(OUT, 0);
  proxy_get_current_time_nanoseconds(OUT);
  return load<u64>(OUT);
}
