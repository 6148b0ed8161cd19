// SPDX-License-Identifier: Apache-2.0
import { addOctet, clearSet, equalSets, SET_SIZE } from "./byte-set";

// An expression as a program for a machine that is in many places at once (Thompson's construction, as Russ Cox describes
// it). An instruction is a u32: what it does in the lowest three bits, and above them a number. Jumps are relative, and
// the code of a part goes straight on behind it, so a part can be moved and copied as it is.

/** Goes on when the next octet is the one that the number says. */
export const BYTE: u32 = 0;
/** Goes on when the next octet is in the set of this number. */
export const SET: u32 = 1;
/** Goes on with the next instruction, and with the one so far away. */
export const SPLIT: u32 = 2;
/** Goes on with the instruction so far away. */
export const JUMP: u32 = 3;
/** Goes on where the condition of this number holds. */
export const ASSERT: u32 = 4;
/** All of the expression has been seen. */
export const MATCH: u32 = 5;

/** Conditions of `ASSERT`, as bits. */
export const BEGIN_TEXT: u32 = 1;
export const END_TEXT: u32 = 2;
export const BEGIN_LINE: u32 = 4;
export const END_LINE: u32 = 8;
export const WORD_BOUNDARY: u32 = 16;
export const NO_WORD_BOUNDARY: u32 = 32;

/** Instructions of a program at most. Places are numbered in 16 bits, and a step costs what the program is long. */
export const MAX_CODE: i32 = 16384;
/** Sets looked at for one that is there already. */
const RECENT: i32 = 16;

/** @param operand at most 28 bits and a sign */
// @ts-ignore: decorator
@inline
export function instruction(op: u32, operand: i32): u32 {
  return ((<u32>operand) << 3) | op;
}

// @ts-ignore: decorator
@inline
export function opOf(code: u32): u32 {
  return code & 7;
}

// @ts-ignore: decorator
@inline
export function operandOf(code: u32): i32 {
  return (<i32>code) >> 3;
}

/** The program while it is written. Parts are asked to be below `MAX_CODE` by `fits`. */
@final
export class Program {
  private code: ArrayBuffer = new ArrayBuffer(64);
  private setsBuffer: ArrayBuffer = new ArrayBuffer(<i32>SET_SIZE);
  /** Number of instructions. */
  length: i32 = 0;
  setCount: i32 = 0;
  /** All conditions that occur, as bits. */
  conditions: u32 = 0;

  get codeAt(): usize {
    return changetype<usize>(this.code);
  }

  get sets(): usize {
    return changetype<usize>(this.setsBuffer);
  }

  get(pc: i32): u32 {
    return load<u32>(this.codeAt + ((<usize>pc) << 2));
  }

  put(pc: i32, code: u32): void {
    store<u32>(this.codeAt + ((<usize>pc) << 2), code);
  }

  /** Whether there is room for `more` instructions. */
  fits(more: i64): bool {
    return <i64>this.length + more <= <i64>MAX_CODE;
  }

  add(op: u32, operand: i32): void {
    if (op == ASSERT) this.conditions |= <u32>operand;
    this.reserve(1);
    this.put(this.length++, instruction(op, operand));
  }

  /** Adds an instruction for the octets of a set. */
  addSet(set: usize): void {
    this.add(SET, this.setIndex(set));
  }

  /** Adds an instruction for either of two octets. */
  addPair(octet: u32, other: u32): void {
    if (octet == other) {
      this.add(BYTE, octet);
      return;
    }
    clearSet(PAIR);
    addOctet(PAIR, octet);
    addOctet(PAIR, other);
    this.addSet(PAIR);
  }

  /** Puts an instruction before the one at `pc`, and moves all from there on. */
  insert(pc: i32, op: u32, operand: i32): void {
    this.reserve(1);
    const at = this.codeAt + ((<usize>pc) << 2);
    memory.copy(at + 4, at, (<usize>(this.length - pc)) << 2);
    this.length++;
    this.put(pc, instruction(op, operand));
  }

  /** Repeats the code from `start` to `end` behind the last instruction. */
  append(start: i32, end: i32): void {
    const size = end - start;
    this.reserve(size);
    const code = this.codeAt;
    memory.copy(code + ((<usize>this.length) << 2), code + ((<usize>start) << 2), (<usize>size) << 2);
    this.length += size;
  }

  private setIndex(set: usize): i32 {
    const count = this.setCount;
    for (let i = max(count - RECENT, 0); i < count; i++) {
      if (equalSets(this.sets + <usize>i * SET_SIZE, set)) return i;
    }
    const size = count * <i32>SET_SIZE;
    if (size == this.setsBuffer.byteLength) this.setsBuffer = grown(this.setsBuffer, size << 1);
    memory.copy(this.sets + <usize>size, set, SET_SIZE);
    this.setCount = count + 1;
    return count;
  }

  private reserve(more: i32): void {
    const size = (this.length + more) << 2;
    if (size > this.code.byteLength) this.code = grown(this.code, max(size, this.code.byteLength << 1));
  }
}

// @ts-ignore: decorator
@lazy
const PAIR: usize = memory.data(32, 8);

function grown(buffer: ArrayBuffer, size: i32): ArrayBuffer {
  const larger = new ArrayBuffer(size);
  memory.copy(changetype<usize>(larger), changetype<usize>(buffer), <usize>buffer.byteLength);
  return larger;
}
