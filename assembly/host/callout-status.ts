// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { proxy_get_status } from "../abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "../abi/memory";
import { Bytes } from "../text/bytes";

/** Where the host stores the number that goes with the message. */
const CODE: usize = memory.data(4, 4);

/** What the host says of the callout whose end is being delivered, in words; empty when it says nothing. */
export function statusMessage(): Bytes {
  clearOut();
  const status = proxy_get_status(CODE, OUT, OUT_SIZE);
  const message = takeOut();
  return status == Status.Ok ? message : Bytes.EMPTY;
}
