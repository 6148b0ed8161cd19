// SPDX-License-Identifier: Apache-2.0
import { exponentAt } from "./integer";
import { isDigit } from "./number";

// The nearest double to a decimal number, exactly, without tables: the decimal digits themselves are multiplied and
// divided by powers of two until they are a mantissa (the "simple decimal conversion" of Nigel Tao and Ken Thompson).
// Its time is bounded, and nearly all numbers take the short way in front of it.

/** No double lies so close to the middle of two others that more digits decide; one flag stands for the rest. */
const MAX_DIGITS: i32 = 800;
/** Digits that a shift by `MAX_SHIFT` adds at most. */
const CARRY: i32 = 9;
const MAX_SHIFT: i32 = 27;

// The value is 0.d1d2d3… × 10^point.
const digits: usize = memory.data(800 + 9);
let count: i32 = 0;
let point: i32 = 0;
let hasMore: bool = false;

/** The number at `at`; infinite when it is too large. */
export function readNumber(at: usize): f64 {
  const isNegative = load<u8>(at) == 0x2d;
  readDigits(isNegative ? at + 1 : at);
  const magnitude = count == 0 ? 0 : count <= 15 && abs(point - count) <= 22 ? quick() : exact();
  return isNegative ? -magnitude : magnitude;
}

function readDigits(at: usize): void {
  count = 0;
  point = 0;
  hasMore = false;
  let isFraction = false;
  for (; ; at++) {
    const octet = <u32>load<u8>(at);
    if (octet == 0x2e) isFraction = true;
    else if (!isDigit(octet)) break;
    else {
      const isLeadingZero = count == 0 && octet == 0x30;
      if (isLeadingZero ? isFraction : !isFraction) point += isFraction ? -1 : 1;
      if (!isLeadingZero) append(octet - 0x30);
    }
  }
  point += exponentAt(at);
  trim();
}

/** Both numbers, the digits and the power of ten, are doubles, so one operation rounds once. */
function quick(): f64 {
  let mantissa: f64 = 0;
  for (let i = 0; i < count; i++) mantissa = mantissa * 10 + <f64>digit(i);
  const exponent = point - count;
  let power: f64 = 1;
  for (let i = abs(exponent); i > 0; i--) power *= 10;
  return exponent < 0 ? mantissa / power : mantissa * power;
}

function exact(): f64 {
  if (point > 310) return Infinity;
  if (point < -330) return 0;
  // Scales the value into [0.5, 1).
  let exponent = 0;
  while (point > 0) {
    const shift = min(point * 3, MAX_SHIFT);
    divide(shift);
    exponent += shift;
  }
  while (point < 0 || digit(0) < 5) {
    const shift = point < 0 ? min(point * -3, MAX_SHIFT) : 1;
    multiply(shift);
    exponent -= shift;
  }
  // A double's mantissa is in [1, 2). Below its least exponent it has fewer bits.
  exponent--;
  for (; exponent < -1022; exponent++) divide(1);
  multiply(MAX_SHIFT);
  multiply(53 - MAX_SHIFT);
  let mantissa = rounded();
  if (mantissa == (<u64>1) << 53) {
    mantissa >>= 1;
    exponent++;
  }
  if (exponent > 1023) return Infinity;
  const biased: u64 = mantissa < (<u64>1) << 52 ? 0 : exponent + 1023;
  return reinterpret<f64>((biased << 52) | (mantissa & (((<u64>1) << 52) - 1)));
}

/** The nearest integer, the even one of two. */
function rounded(): u64 {
  let integer: u64 = 0;
  for (let i = 0; i < point; i++) integer = integer * 10 + (i < count ? digit(i) : 0);
  if (point < 0 || point >= count) return integer;
  const next = digit(point);
  const isHalf = next == 5 && point + 1 == count && !hasMore;
  return integer + (isHalf ? integer & 1 : u64(next >= 5));
}

function divide(shift: i32): void {
  const mask: u64 = ((<u64>1) << shift) - 1;
  const old = count;
  let rest: u64 = 0;
  let read = 0;
  count = 0;
  for (; rest >> shift == 0; read++) rest = rest * 10 + (read < old ? digit(read) : 0);
  point -= read - 1;
  while (rest != 0 || read < old) {
    append(<u32>(rest >> shift));
    rest = (rest & mask) * 10 + (read < old ? digit(read) : 0);
    read++;
  }
  trim();
}

function multiply(shift: i32): void {
  const last = count + CARRY;
  let to = last;
  let rest: u64 = 0;
  for (let from = count - 1; to > 0; from--) {
    if (from >= 0) rest += (<u64>digit(from)) << shift;
    store<u8>(digits + <usize>--to, rest % 10);
    rest /= 10;
  }
  let zeros = 0;
  while (digit(zeros) == 0) zeros++;
  point += CARRY - zeros;
  count = 0;
  for (let from = zeros; from < last; from++) append(digit(from));
  trim();
}

function digit(index: i32): u32 {
  return load<u8>(digits + <usize>index);
}

function append(digit: u32): void {
  if (count < MAX_DIGITS) {
    store<u8>(digits + <usize>count, digit);
    count++;
  } else if (digit != 0) {
    hasMore = true;
  }
}

function trim(): void {
  while (count > 0 && digit(count - 1) == 0) count--;
}
