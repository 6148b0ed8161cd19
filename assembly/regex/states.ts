// SPDX-License-Identifier: Apache-2.0

// States of all expressions of the module: lists of places that a text has led to, with the states that the octets lead to
// from there, as far as a text has shown them. One memory for all, so its bound does not depend on how many expressions
// there are; when it is full, all states are forgotten and made anew as texts need them. A state:
//
//   ┌──────┬───────┬────────────────┬────────────────┬────────────────────────────────┬───────────────┬────────────┐
//   │ next │ owner │ u16 count      │ u16 what came  │ a state for each number of an  │ for the end:  │ the places │
//   │      │       │ of places      │ before │ open  │ octet (alphabet.ts)            │ NEVER, ALWAYS │ as u16     │
//   └──────┴───────┴────────────────┴────────────────┴────────────────────────────────┴───────────────┴────────────┘
//                                                    └ a state's address points here

/** In place of a state: not known yet. */
export const UNKNOWN: u32 = 0;
/** In place of a state: no text that leads here matches, or the text does not. */
export const NEVER: u32 = 1;
/** In place of a state: the text matches. */
export const ALWAYS: u32 = 2;

const HEAD: usize = 12;
const OPEN_FLAG: u32 = 4;

const CHUNK: usize = 1 << 16;
/** All chunks together are 2 MiB. */
const MAX_CHUNKS: i32 = 32;
const BUCKETS: usize = 2048;

// @ts-ignore: decorator
@lazy
const chunks: usize = memory.data(32 * 4, 4);
// @ts-ignore: decorator
@lazy
const buckets: usize = memory.data(2048 * 4, 4);
let chunkCount: i32 = 0;
let chunk: i32 = -1;
let next: usize = 0;
let limit: usize = 0;

/** Changes when all states are forgotten. */
export let era: u32 = 1;
let owners: u32 = 0;

/** A number for the states of one expression. */
export function newOwner(): u32 {
  return ++owners;
}

// @ts-ignore: decorator
@inline
export function countOf(state: usize): i32 {
  return load<u16>(state - 4);
}

// @ts-ignore: decorator
@inline
export function beforeOf(state: usize): u32 {
  return (<u32>load<u16>(state - 2)) & 3;
}

// @ts-ignore: decorator
@inline
export function isOpen(state: usize): bool {
  return (load<u16>(state - 2) & OPEN_FLAG) != 0;
}

/**
 * The state of a list of places, which is put in order. May forget all states before it.
 *
 * @param columns size of its table: how many numbers octets have, and one for the end
 */
export function stateOf(owner: u32, list: usize, count: i32, before: u32, open: bool, columns: i32): usize {
  sort(list, count);
  // What came before matters to conditions only.
  const context = open ? before | OPEN_FLAG : 0;
  const table = (<usize>columns) << 2;
  const bytes = (<usize>count) << 1;
  let bucket = bucketOf(owner, list, count, context);
  for (let state = <usize>load<u32>(bucket); state != 0; state = <usize>load<u32>(state - HEAD)) {
    if (
      load<u32>(state - 8) == owner &&
      countOf(state) == count &&
      <u32>load<u16>(state - 2) == context &&
      memory.compare(state + table, list, bytes) == 0
    ) {
      return state;
    }
  }
  const state = allocate(HEAD + table + ((bytes + 3) & ~3)) + HEAD;
  store<u32>(state - HEAD, load<u32>(bucket));
  store<u32>(state - 8, owner);
  store<u16>(state - 4, <u16>count);
  store<u16>(state - 2, <u16>context);
  memory.fill(state, 0, table);
  memory.copy(state + table, list, bytes);
  store<u32>(bucket, <u32>state);
  return state;
}

function bucketOf(owner: u32, list: usize, count: i32, context: u32): usize {
  let hash = (owner * 31 + context) * 0x9e3779b1;
  for (let i = 0; i < count; i++) hash = (hash ^ (<u32>load<u16>(list + ((<usize>i) << 1)))) * 0x01000193;
  return buckets + (((<usize>(hash >> 16)) ^ (<usize>hash)) & (BUCKETS - 1)) * 4;
}

/** Room for a state, which is smaller than a chunk. */
function allocate(size: usize): usize {
  if (next + size > limit) {
    if (++chunk == chunkCount) {
      if (chunkCount < MAX_CHUNKS) {
        store<u32>(chunks + ((<usize>chunkCount) << 2), <u32>heap.alloc(CHUNK));
        chunkCount++;
      } else {
        forget();
      }
    }
    next = <usize>load<u32>(chunks + ((<usize>chunk) << 2));
    limit = next + CHUNK;
  }
  const at = next;
  next += size;
  return at;
}

function forget(): void {
  chunk = 0;
  era++;
  memory.fill(buckets, 0, BUCKETS * 4);
}

/** Shell's sort: lists are short, and long ones rare. */
function sort(list: usize, count: i32): void {
  let gap = 1;
  while (gap < count / 3) gap = gap * 3 + 1;
  for (; gap > 0; gap /= 3) {
    const stride = (<usize>gap) << 1;
    for (let i = gap; i < count; i++) {
      const place = load<u16>(list + ((<usize>i) << 1));
      let at = list + ((<usize>i) << 1);
      while (at >= list + stride && load<u16>(at - stride) > place) {
        store<u16>(at, load<u16>(at - stride));
        at -= stride;
      }
      store<u16>(at, place);
    }
  }
}
