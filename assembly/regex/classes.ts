// SPDX-License-Identifier: Apache-2.0
import { addRange } from "./byte-set";

// The named classes of RE2's syntax, as far as they lie in Latin-1. Each is a text: its name, and then pairs of hexadecimal
// octets, the ends of a range. Unicode categories are those of Unicode 15.

// @ts-ignore: decorator
// prettier-ignore
@lazy
const PERL: StaticArray<string> = [
  "d", "3039",
  "s", "090a0c0d2020",
  "w", "3039415a5f5f617a",
];

// @ts-ignore: decorator
// prettier-ignore
@lazy
const POSIX: StaticArray<string> = [
  "alnum", "3039415a617a",
  "alpha", "415a617a",
  "ascii", "007f",
  "blank", "09092020",
  "cntrl", "001f7f7f",
  "digit", "3039",
  "graph", "217e",
  "lower", "617a",
  "print", "207e",
  "punct", "212f3a405b607b7e",
  "space", "090d2020",
  "upper", "415a",
  "word", "3039415a5f5f617a",
  "xdigit", "303941466166",
];

/** Categories that have no octet are left out of the table, not out of what is accepted. */
// @ts-ignore: decorator
// prettier-ignore
@lazy
const UNICODE: StaticArray<string> = [
  "Any", "00ff",
  "Latin", "415a617aaaaababac0d6d8f6f8ff",
  "Common", "00405b607ba9abb9bbbfd7d7f7f7",
  "Lu", "415ac0d6d8de",
  "Ll", "617ab5b5dff6f8ff",
  "Lo", "aaaababa",
  "Nd", "3039",
  "No", "b2b3b9b9bcbe",
  "Cc", "001f7f9f",
  "Cf", "adad",
  "Zs", "2020a0a0",
  "Pc", "5f5f",
  "Pd", "2d2d",
  "Ps", "28285b5b7b7b",
  "Pe", "29295d5d7d7d",
  "Pi", "abab",
  "Pf", "bbbb",
  "Po", "212325272a2a2c2c2e2f3a3b3f405c5ca1a1a7a7b6b7bfbf",
  "Sm", "2b2b3c3e7c7c7e7eacacb1b1d7d7f7f7",
  "Sc", "2424a2a5",
  "Sk", "5e5e6060a8a8afafb4b4b8b8",
  "So", "a6a6a9a9aeaeb0b0",
];

/** Adds the class of `\d`, `\s` or `\w`; false for another letter. */
export function addPerlClass(set: usize, letter: u32): bool {
  for (let i = 0; i < PERL.length; i += 2) {
    if (<u32>unchecked(PERL[i]).charCodeAt(0) == letter) {
      addRanges(set, unchecked(PERL[i + 1]));
      return true;
    }
  }
  return false;
}

/** Adds the class that `[:name:]` stands for; false when there is none. */
export function addPosixClass(set: usize, name: usize, length: i32): bool {
  for (let i = 0; i < POSIX.length; i += 2) {
    if (isName(unchecked(POSIX[i]), name, length)) {
      addRanges(set, unchecked(POSIX[i + 1]));
      return true;
    }
  }
  return false;
}

/**
 * Adds the octets of a Unicode category, `L` or `Lu`, or of the scripts Latin and Common; false for another name. The
 * other scripts have no octet in Latin-1: an expression that names one is not worth running.
 */
export function addUnicodeClass(set: usize, name: usize, length: i32): bool {
  let known = length == 1 && isOneOf("LMNPSZC", load<u8>(name));
  for (let i = 0; i < UNICODE.length; i += 2) {
    const other = unchecked(UNICODE[i]);
    const isGroup = length == 1 && other.length == 2 && <u32>other.charCodeAt(0) == <u32>load<u8>(name);
    if (!isGroup && !isName(other, name, length)) continue;
    addRanges(set, unchecked(UNICODE[i + 1]));
    known = true;
  }
  return known || (length == 2 && isEmptyCategory(load<u8>(name), load<u8>(name, 1)));
}

function isEmptyCategory(first: u32, second: u32): bool {
  if (first == 0x4c) return isOneOf("tm", second);
  if (first == 0x4d) return isOneOf("nce", second);
  if (first == 0x4e) return second == 0x6c;
  if (first == 0x5a) return isOneOf("lp", second);
  return first == 0x43 && isOneOf("os", second);
}

function isOneOf(letters: string, letter: u32): bool {
  for (let i = 0; i < letters.length; i++) if (<u32>letters.charCodeAt(i) == letter) return true;
  return false;
}

function isName(name: string, ptr: usize, length: i32): bool {
  if (name.length != length) return false;
  for (let i = 0; i < length; i++) if (name.charCodeAt(i) != <i32>load<u8>(ptr + <usize>i)) return false;
  return true;
}

function addRanges(set: usize, ranges: string): void {
  for (let i = 0; i + 3 < ranges.length; i += 4) addRange(set, octetAt(ranges, i), octetAt(ranges, i + 2));
}

function octetAt(text: string, at: i32): u32 {
  return ((<u32>digitAt(text, at)) << 4) | (<u32>digitAt(text, at + 1));
}

function digitAt(text: string, at: i32): i32 {
  const letter = text.charCodeAt(at);
  return letter < 0x61 ? letter - 0x30 : letter - 0x57;
}
