// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, runSteps, Slot } from "./probe";

/** The header of a message. */
const HEADER: i32 = 16;
/** Of a first message, which is a greeting of a few hundred octets: others may have 48,000,000. */
const MOST_LENGTH: u64 = 0xffff;
/** A header, flags, a section with an empty document. */
const LEAST_LENGTH: u64 = 26;

const OP_QUERY: u64 = 2004;
const OP_COMPRESSED: u64 = 2012;
const OP_MSG: u64 = 2013;

/** A message's header, lowest octets first: length, request, the request it answers (none), and one of three operations. */
@final
export class MongoProbe extends Probe {
  constructor() {
    super(Protocol.Mongo);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    if (index < 4) return this.length(slot, octet, index);
    if (index < 8) return 0;
    if (index < 12) return octet == 0 ? 0 : Death.Field;
    if (index == 12) slot.value = octet;
    else if (index == 13) return this.operation(slot.value | ((<u64>octet) << 8));
    else if (octet != 0) return Death.Type;
    return index == HEADER - 1 ? this.protocol : 0;
  }

  run(slot: Slot, ptr: usize, from: i32, to: i32): i32 {
    return runSteps(this, slot, ptr, from, to);
  }

  private length(slot: Slot, octet: u32, index: i32): i32 {
    const shift = <u64>(index * 8);
    slot.value |= (<u64>octet) << shift;
    if (slot.value > MOST_LENGTH) return Death.Length;
    return index < 3 || slot.value >= LEAST_LENGTH ? 0 : Death.Length;
  }

  private operation(code: u64): i32 {
    return code == OP_QUERY || code == OP_COMPRESSED || code == OP_MSG ? 0 : Death.Type;
  }
}
