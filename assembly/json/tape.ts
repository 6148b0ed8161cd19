// SPDX-License-Identifier: Apache-2.0

// What is known of a document, in one block of memory; message.ts has the layout of the head:
//
//   ┌──────────────────────────────┬─────────────────────────┬───────────────────────────┐
//   │ head: what is wrong          │ 8 octets for each entry │ 2 octets for each entry,  │
//   │                              │                         │ for the scanner to use    │
//   └──────────────────────────────┴─────────────────────────┴───────────────────────────┘
//
// There is an entry for each value and each field name, in document order, so what is in a container follows it. An
// entry is known by its address, the kind of a value by its first octet:
//
//   ┌────────────────────────────┬────────────────────────────────────────────────────┬─────────┐
//   │ u32 address of first octet │ u29 size, or address of the entry after a container │ 3 flags │
//   └────────────────────────────┴────────────────────────────────────────────────────┴─────────┘
//
// The size is that of a string, without quotes and escapes. A container that is still open holds its parent, which lies
// below it, in place of its end.

/** No entry: an absent field, or anything once a document has failed. */
export const NONE: usize = 0;
export const ENTRY: usize = 8;
export const HEAD: usize = 512;

/** A flag: this is a field name, and the next entry is its value. */
export const NAME: u32 = 1;
/** A flag: this field name has been asked for. */
export const KNOWN: u32 = 2;

const FLAGS: u32 = 7;

export const QUOTE: u32 = 0x22;
export const ARRAY: u32 = 0x5b;
export const OBJECT: u32 = 0x7b;

/** Address of the first octet of a value. */
// @ts-ignore: decorator
@inline
export function start(entry: usize): usize {
  return <usize>load<u32>(entry);
}

/** The first octet of a value: `{`, `[`, `"`, `t`, `f`, `n`, or that of a number. */
// @ts-ignore: decorator
@inline
export function kind(entry: usize): u32 {
  return load<u8>(start(entry));
}

/** Address of what a string says. */
// @ts-ignore: decorator
@inline
export function text(entry: usize): usize {
  return start(entry) + 1;
}

/** Size of what a string says. */
// @ts-ignore: decorator
@inline
export function size(entry: usize): i32 {
  return <i32>(load<u32>(entry, 4) >> 3);
}

export function setSize(entry: usize, size: usize): void {
  store<u32>(entry, flags(entry) | ((<u32>size) << 3), 4);
}

/** The entry after a value and all that is in it. */
export function after(entry: usize): usize {
  if ((kind(entry) | 0x20) != OBJECT) return entry + ENTRY;
  const end = <usize>(load<u32>(entry, 4) & ~FLAGS);
  return end > entry ? end : usize.MAX_VALUE;
}

// @ts-ignore: decorator
@inline
export function flags(entry: usize): u32 {
  return load<u32>(entry, 4) & FLAGS;
}

// @ts-ignore: decorator
@inline
export function setFlag(entry: usize, flag: u32): void {
  store<u32>(entry, load<u32>(entry, 4) | flag, 4);
}
