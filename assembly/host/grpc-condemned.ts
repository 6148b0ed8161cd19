// SPDX-License-Identifier: Apache-2.0
import { proxy_grpc_cancel } from "../abi/imports";
import { onEvent } from "./event";

export { currentEvent } from "./event";

// Streams that are canceled while the host may be in the middle of reading them. Their half is closed, so that the host
// forgets them by itself when the service ends them first.

// @ts-ignore: decorator
@lazy
const condemned: Array<u32> = [];

/** Resets a stream when the host begins something else. */
export function condemn(token: u32): void {
  condemned.push(token);
  onEvent(resetAll);
}

/** The service has ended a stream. */
export function pardon(token: u32): void {
  const at = condemned.indexOf(token);
  if (at >= 0) condemned.splice(at, 1);
}

function resetAll(): void {
  while (condemned.length > 0) proxy_grpc_cancel(condemned.pop());
}
