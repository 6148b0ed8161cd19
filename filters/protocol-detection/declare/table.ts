// SPDX-License-Identifier: Apache-2.0
import { IpAddress } from "tremula/assembly";
import { Declaration } from "./declaration";

const NONE: i32 = -1;

/** One range of addresses on one port. */
@final
class Entry {
  constructor(
    readonly port: i32,
    /** Version of the address times 256, and the bits of it that count. */
    readonly shape: i32,
    readonly high: u64,
    readonly low: u64,
    readonly declaration: Declaration,
    /** The next one of the same bucket. */
    readonly next: i32,
  ) {}
}

/**
 * Finds the declaration for where a connection goes: that with the longest prefix around its address on its port, or the one
 * for all addresses there. Time does not depend on how many declarations there are: one look for each length of prefix that
 * the port has, at most 33 and 129 of them, and mostly none.
 */
@final
export class DeclarationTable {
  /** For each port, the shapes that its ranges have, longest prefix first. */
  private readonly shapes: Map<i32, Array<i32>> = new Map();
  /** For each port, what holds for all addresses. */
  private readonly whole: Map<i32, Declaration> = new Map();
  private readonly entries: Array<Entry> = [];
  private buckets: StaticArray<i32> = fresh(64);
  private count: i32 = 0;

  /** Whether nothing is declared, so that nobody need ask where a connection goes. */
  get isEmpty(): bool {
    return this.count == 0;
  }

  /** Declares a port for all addresses. False when it has been. */
  addPort(port: i32, declaration: Declaration): bool {
    if (this.whole.has(port)) return false;
    this.whole.set(port, declaration);
    this.count++;
    return true;
  }

  /**
   * Declares a range of addresses on a port. False when it has been.
   *
   * @param length bits of the address that count, at most its width
   */
  addRange(port: i32, address: IpAddress, length: i32, declaration: Declaration): bool {
    const shape = (address.version << 8) | length;
    const high = address.high & maskOf(length);
    const low = address.low & maskOf(length - 64);
    if (this.find(port, shape, high, low) !== null) return false;
    this.addShape(port, shape);
    if (this.entries.length >= this.buckets.length) this.grow();
    this.insert(port, shape, high, low, declaration);
    this.count++;
    return true;
  }

  /** The declaration for an address with its port, or null. */
  at(address: IpAddress): Declaration | null {
    const port = address.port;
    if (this.shapes.has(port)) {
      const shapes = this.shapes.get(port);
      for (let i = 0; i < shapes.length; i++) {
        const shape = unchecked(shapes[i]);
        if (shape >> 8 != address.version) continue;
        const length = shape & 0xff;
        const high = address.high & maskOf(length);
        const low = address.low & maskOf(length - 64);
        const found = this.find(port, shape, high, low);
        if (found !== null) return found;
      }
    }
    return this.whole.has(port) ? this.whole.get(port) : null;
  }

  private find(port: i32, shape: i32, high: u64, low: u64): Declaration | null {
    const buckets = this.buckets;
    let index = unchecked(buckets[hash(port, shape, high, low) & (buckets.length - 1)]);
    while (index != NONE) {
      const entry = unchecked(this.entries[index]);
      if (entry.port == port && entry.shape == shape && entry.high == high && entry.low == low) {
        return entry.declaration;
      }
      index = entry.next;
    }
    return null;
  }

  private insert(port: i32, shape: i32, high: u64, low: u64, declaration: Declaration): void {
    const buckets = this.buckets;
    const bucket = hash(port, shape, high, low) & (buckets.length - 1);
    const next = unchecked(buckets[bucket]);
    unchecked((buckets[bucket] = this.entries.length));
    this.entries.push(new Entry(port, shape, high, low, declaration, next));
  }

  private grow(): void {
    const old = this.entries.splice(0);
    this.buckets = fresh(this.buckets.length * 2);
    for (let i = 0; i < old.length; i++) {
      const entry = old[i];
      this.insert(entry.port, entry.shape, entry.high, entry.low, entry.declaration);
    }
  }

  private addShape(port: i32, shape: i32): void {
    if (!this.shapes.has(port)) this.shapes.set(port, []);
    const shapes = this.shapes.get(port);
    if (shapes.includes(shape)) return;
    shapes.push(shape);
    shapes.sort((a, b) => (b & 0xff) - (a & 0xff));
  }
}

/** The mask of so many bits from the top; at most 64, and none below 1. */
function maskOf(bits: i32): u64 {
  if (bits <= 0) return 0;
  const rest: u64 = 64 - <u64>min(bits, 64);
  return u64.MAX_VALUE << rest;
}

function hash(port: i32, shape: i32, high: u64, low: u64): i32 {
  let mixed = high ^ (low * 0x9e3779b97f4a7c15) ^ ((<u64>port) << 9) ^ (<u64>shape);
  mixed *= 0xff51afd7ed558ccd;
  return <i32>(mixed >> 33);
}

function fresh(size: i32): StaticArray<i32> {
  return new StaticArray<i32>(size).fill(NONE);
}
