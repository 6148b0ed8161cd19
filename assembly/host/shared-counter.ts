// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { Bytes } from "../text/bytes";
import { SharedData } from "./shared-data";

const BYTES: i32 = 8;

/**
 * A number in the store that VMs with the same `vm_id` share, for what must be counted over all workers and read back, such
 * as a quota. For statistics a `Counter` costs less. It is stored as eight octets, little-endian.
 */
@final
export class SharedCounter {
  /** What `add` returns when others were faster every time. */
  static readonly FAILED: i64 = i64.MIN_VALUE;

  private readonly key: Bytes;

  constructor(key: string) {
    this.key = Bytes.fromString(key);
  }

  /** As `new SharedCounter(key).add(delta)`. */
  static add<K>(key: K, delta: i64): i64 {
    const entry = SharedData.get<K>(key);
    const octets = Bytes.allocate(BYTES);
    let sum: i64 = 0;
    let status = Status.CasMismatch;
    while (status == Status.CasMismatch) {
      sum = numberOf(entry.value) + delta;
      store<i64>(octets.ptr, sum);
      status = entry.trySetLast(octets);
    }
    return status == Status.Ok ? sum : SharedCounter.FAILED;
  }

  /** @returns the number with `delta` added, or `FAILED` when 100 tries were in vain */
  add(delta: i64 = 1): i64 {
    return SharedCounter.add(this.key, delta);
  }

  /** 0 when nobody has counted yet. */
  get value(): i64 {
    return numberOf(SharedData.get(this.key).value);
  }
}

function numberOf(octets: Bytes | null): i64 {
  return octets !== null && octets.length == BYTES ? load<i64>(octets.ptr) : 0;
}
