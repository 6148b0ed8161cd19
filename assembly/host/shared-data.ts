// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { proxy_get_shared_data, proxy_set_shared_data } from "../abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "../abi/memory";
import { Bytes } from "../text/bytes";

/** Where the host stores an entry's version. */
const VERSION: usize = memory.data(4, 4);
/**
 * The version to replace an entry with that was absent: the host writes whatever the version when there is none, and
 * refuses when there is one by now, as no entry has this one (proxy-wasm-cpp-host src/shared_data.cc, `set`). 0 would
 * write always.
 */
const ABSENT: u32 = u32.MAX_VALUE;
const MAX_LOST_RACES: i32 = 100;

/**
 * An entry of the store that all VMs with the same `vm_id` share, on all workers. To change what depends on the value that
 * is there, try until nobody else was faster:
 *
 *     const entry = SharedData.get("visits");
 *     do {
 *       next = add(entry.value);
 *     } while (entry.trySet(next) == Status.CasMismatch);
 *
 * The store is emptied when the last VM of that `vm_id` goes. All phases but module initialization.
 */
@final
export class SharedData {
  private octets: Bytes | null = null;
  private version: u32 = 0;
  private lostRaces: i32 = 0;

  private constructor(private readonly key: Bytes) {}

  /** Reads an entry, there or not. */
  static get<K>(key: K): SharedData {
    const entry = new SharedData(Bytes.kept<K>(key));
    entry.read();
    return entry;
  }

  /** Writes an entry, whatever is there. */
  static set<K, V>(key: K, value: V): Status {
    return write(Bytes.of<K>(key), Bytes.of<V>(value), 0);
  }

  /**
   * Empties an entry. The ABI has no way to remove one: it is there from now on, with a value of no octets, and takes the
   * memory of its key.
   */
  static clear<K>(key: K): Status {
    return write(Bytes.of<K>(key), Bytes.EMPTY, 0);
  }

  /** The value when it was read, or null when there was no entry. */
  get value(): Bytes | null {
    return this.octets;
  }

  /**
   * Writes the entry if nobody has since it was read.
   *
   * @returns `CasMismatch` when somebody has: `value` is then what they wrote, to try again with. `InternalFailure` after
   *   100 lost races in a row
   */
  trySet<V>(value: V): Status {
    const status = this.trySetLast<V>(value);
    // What was written has a version that only reading tells.
    if (status == Status.Ok) this.read();
    return status;
  }

  /** As `trySet`, a host call cheaper, when nothing more is done with this object after `Ok`. */
  trySetLast<V>(value: V): Status {
    const octets = Bytes.of<V>(value);
    const status = write(this.key, octets, this.version);
    if (status == Status.Ok) {
      this.lostRaces = 0;
      return status;
    }
    if (++this.lostRaces >= MAX_LOST_RACES) return Status.InternalFailure;
    this.read();
    return status;
  }

  private read(): void {
    clearOut();
    const status = proxy_get_shared_data(this.key.ptr, <usize>this.key.length, OUT, OUT_SIZE, VERSION);
    const value = takeOut();
    this.octets = status == Status.Ok ? value : null;
    this.version = status == Status.Ok ? load<u32>(VERSION) : ABSENT;
  }
}

function write(key: Bytes, value: Bytes, version: u32): Status {
  return proxy_set_shared_data(key.ptr, <usize>key.length, value.ptr, <usize>value.length, version);
}
