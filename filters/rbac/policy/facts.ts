// SPDX-License-Identifier: Apache-2.0
import { Bytes, HeaderTable, IpAddress, MatchedValue } from "tremula/assembly";
import { Attribute } from "./attribute";
import { Condition } from "./condition";

/** Of an attribute: the request it was fetched for, its first value and how many there are. */
const SLOT: usize = 12;
/** Of a value: address and size. */
const VALUE: usize = 8;

/**
 * What is known of one request or connection: values of attributes, each fetched when it is first asked for and then kept, and
 * which conditions hold, each found out once. One object serves all requests of a plugin; nothing is allocated here once
 * it is warm.
 *
 * Values are views that hold until the callback returns in which `begin` was called: nothing is freed before that.
 */
export abstract class Facts {
  /** Of the request; empty for a connection. */
  readonly headers: HeaderTable = new HeaderTable();
  /** Which request this is. */
  private epoch: u32 = 0;
  private slots: StaticArray<u8> = new StaticArray<u8>(0);
  private arena: StaticArray<u8> = new StaticArray<u8>(64 * <i32>VALUE);
  /** Values in the arena. */
  private used: i32 = 0;
  /** By condition: twice the epoch, plus 1 if it holds. */
  private memo: StaticArray<u32> = new StaticArray<u32>(0);
  /** By attribute, where an address was asked for. */
  private addresses: Array<IpAddress | null> = [];
  private addressEpochs: StaticArray<u32> = new StaticArray<u32>(0);

  /** Makes room for so many attributes and conditions. Before the first `begin`. */
  reserve(attributes: i32, conditions: i32): void {
    this.slots = new StaticArray<u8>(attributes * <i32>SLOT);
    this.memo = new StaticArray<u32>(conditions);
    this.addresses = new Array<IpAddress | null>(attributes);
    this.addressEpochs = new StaticArray<u32>(attributes);
    this.epoch = 0;
  }

  /** Forgets everything: another request begins. */
  begin(): void {
    // Epochs have 31 bits: they start over before they would repeat.
    if (this.epoch >= 0x7ffffffe) {
      memory.fill(changetype<usize>(this.slots), 0, <usize>this.slots.length);
      memory.fill(changetype<usize>(this.memo), 0, (<usize>this.memo.length) << 2);
      memory.fill(changetype<usize>(this.addressEpochs), 0, (<usize>this.addressEpochs.length) << 2);
      this.epoch = 0;
    }
    this.epoch++;
    this.used = 0;
  }

  /** Whether a condition holds; it is tested once per request. */
  holds(condition: Condition): bool {
    const epoch = this.epoch << 1;
    const id = condition.id;
    if (<u32>id >= <u32>this.memo.length) return condition.test(this);
    const known = unchecked(this.memo[id]);
    if ((known & ~1) == epoch) return (known & 1) != 0;
    const holds = condition.test(this);
    unchecked((this.memo[id] = epoch | u32(holds)));
    return holds;
  }

  /** How many values an attribute has: 0 when it is absent, several for a header that repeats. */
  count(attribute: Attribute): i32 {
    const slot = this.slotOf(attribute);
    return slot != 0 ? load<i32>(slot, 8) : 0;
  }

  /** Address of the value at an index below `count`, which must have been called for this request. */
  ptr(attribute: Attribute, index: i32): usize {
    return <usize>load<u32>(this.valueAt(attribute, index));
  }

  /** Size of the value at an index below `count`, which must have been called for this request. */
  length(attribute: Attribute, index: i32): i32 {
    return load<i32>(this.valueAt(attribute, index), 4);
  }

  /** A view of a value; null where there is none. */
  value(attribute: Attribute, index: i32 = 0): Bytes | null {
    if (<u32>index >= <u32>this.count(attribute)) return null;
    return Bytes.fromMemory(null, this.ptr(attribute, index), this.length(attribute, index));
  }

  /** The first value as an IP address, read once per request; of version 0 when it is none. The same object each time. */
  address(attribute: Attribute): IpAddress {
    const id = attribute.id;
    if (<u32>id >= <u32>this.addresses.length) return new IpAddress();
    let address = unchecked(this.addresses[id]);
    if (address === null) {
      address = new IpAddress();
      unchecked((this.addresses[id] = address));
    }
    if (unchecked(this.addressEpochs[id]) != this.epoch) {
      unchecked((this.addressEpochs[id] = this.epoch));
      if (this.count(attribute) > 0) address.parseAt(this.ptr(attribute, 0), this.length(attribute, 0));
      else address.parseAt(0, 0);
    }
    return address;
  }

  /** The port behind the first value, or -1. */
  port(attribute: Attribute): i32 {
    const address = this.address(attribute);
    return address.version != 0 ? address.port : -1;
  }

  /** The value of metadata with its type, of the kind `Absent` when there is none. */
  abstract metadata(attribute: Attribute): MatchedValue;

  /** Whether the CEL expression of this number is true. */
  abstract evaluate(expression: i32): bool;

  /** Whether the peer speaks TLS. */
  abstract isTls(): bool;

  /** Whether the peer has shown a certificate that was verified. */
  abstract isMutualTls(): bool;

  /** Finds the values of an attribute and calls `add` for each. */
  protected abstract fetch(attribute: Attribute): void;

  /** For `fetch`: adds a value. */
  protected add(value: Bytes): void {
    this.addAt(value.ptr, value.length);
  }

  /** For `fetch`: adds a value without a view of it. */
  protected addAt(ptr: usize, length: i32): void {
    const at = this.used * <i32>VALUE;
    if (at == this.arena.length) {
      const larger = new StaticArray<u8>(at << 1);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.arena), <usize>at);
      this.arena = larger;
    }
    const entry = changetype<usize>(this.arena) + <usize>at;
    store<u32>(entry, <u32>ptr);
    store<i32>(entry, length, 4);
    this.used++;
  }

  /** Where the values of an attribute are noted; fetches them if they are not. 0 for an attribute of another policy set. */
  private slotOf(attribute: Attribute): usize {
    const offset = <usize>attribute.id * SLOT;
    if (offset >= <usize>this.slots.length) return 0;
    const slot = changetype<usize>(this.slots) + offset;
    if (load<u32>(slot) == this.epoch) return slot;
    const first = this.used;
    this.fetch(attribute);
    store<u32>(slot, this.epoch);
    store<i32>(slot, first, 4);
    store<i32>(slot, this.used - first, 8);
    return slot;
  }

  // @ts-ignore: decorator
  @inline
  private valueAt(attribute: Attribute, index: i32): usize {
    const slot = changetype<usize>(this.slots) + <usize>attribute.id * SLOT;
    return changetype<usize>(this.arena) + <usize>(load<i32>(slot, 4) + index) * VALUE;
  }
}
