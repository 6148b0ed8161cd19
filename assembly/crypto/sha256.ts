// SPDX-License-Identifier: Apache-2.0
import { BlockHash } from "./block-hash";

/** SHA-256 (FIPS 180-4 section 6.2) of octets that come in pieces. */
@final
export class Sha256 extends BlockHash {
  constructor() {
    super(64, 32);
    this.reset();
  }

  protected initialize(state: usize): void {
    memory.copy(state, INITIAL, 32);
  }

  protected compress(state: usize, blocks: usize, count: i32): void {
    for (; count > 0; count--) {
      compressBlock(state, blocks);
      blocks += 64;
    }
  }

  protected extract(state: usize, out: usize): void {
    for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, bswap<u32>(load<u32>(state + i)));
  }
}

/** The words of the message schedule; nothing of it is needed after a block. */
// @ts-ignore: decorator
@lazy
const schedule: usize = memory.data(64 * 4);

function compressBlock(state: usize, block: usize): void {
  expand(block);
  let a = load<u32>(state, 0);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  // Eight rounds a turn, after which each variable is in its own role again: none has to be moved. What is known early is
  // added first, because each round waits for the one before.
  for (let i: usize = 0; i < 64 * 4; i += 8 * 4) {
    const w = schedule + i;
    const k = K + i;
    let t = load<u32>(w, 0) + load<u32>(k, 0) + h + choose(e, f, g) + bigSigma1(e);
    d += t;
    h = majority(a, b, c) + bigSigma0(a) + t;
    t = load<u32>(w, 4) + load<u32>(k, 4) + g + choose(d, e, f) + bigSigma1(d);
    c += t;
    g = majority(h, a, b) + bigSigma0(h) + t;
    t = load<u32>(w, 8) + load<u32>(k, 8) + f + choose(c, d, e) + bigSigma1(c);
    b += t;
    f = majority(g, h, a) + bigSigma0(g) + t;
    t = load<u32>(w, 12) + load<u32>(k, 12) + e + choose(b, c, d) + bigSigma1(b);
    a += t;
    e = majority(f, g, h) + bigSigma0(f) + t;
    t = load<u32>(w, 16) + load<u32>(k, 16) + d + choose(a, b, c) + bigSigma1(a);
    h += t;
    d = majority(e, f, g) + bigSigma0(e) + t;
    t = load<u32>(w, 20) + load<u32>(k, 20) + c + choose(h, a, b) + bigSigma1(h);
    g += t;
    c = majority(d, e, f) + bigSigma0(d) + t;
    t = load<u32>(w, 24) + load<u32>(k, 24) + b + choose(g, h, a) + bigSigma1(g);
    f += t;
    b = majority(c, d, e) + bigSigma0(c) + t;
    t = load<u32>(w, 28) + load<u32>(k, 28) + a + choose(f, g, h) + bigSigma1(f);
    e += t;
    a = majority(b, c, d) + bigSigma0(b) + t;
  }
  store<u32>(state, load<u32>(state, 0) + a, 0);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

function expand(block: usize): void {
  for (let i: usize = 0; i < 16 * 4; i += 4) store<u32>(schedule + i, bswap<u32>(load<u32>(block + i)));
  for (let w = schedule + 16 * 4; w < schedule + 64 * 4; w += 4) {
    const early = load<u32>(w - 15 * 4);
    const late = load<u32>(w - 2 * 4);
    const sigma0 = rotr<u32>(early, 7) ^ rotr<u32>(early, 18) ^ (early >> 3);
    const sigma1 = rotr<u32>(late, 17) ^ rotr<u32>(late, 19) ^ (late >> 10);
    store<u32>(w, sigma1 + load<u32>(w - 7 * 4) + sigma0 + load<u32>(w - 16 * 4));
  }
}

// @ts-ignore: decorator
@inline
function bigSigma0(x: u32): u32 {
  return rotr<u32>(x, 2) ^ rotr<u32>(x, 13) ^ rotr<u32>(x, 22);
}

// @ts-ignore: decorator
@inline
function bigSigma1(x: u32): u32 {
  return rotr<u32>(x, 6) ^ rotr<u32>(x, 11) ^ rotr<u32>(x, 25);
}

/** Each bit of `y` where `x` has one, of `z` where it has none. */
// @ts-ignore: decorator
@inline
function choose(x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z));
}

/** Each bit as two or three of them have it. */
// @ts-ignore: decorator
@inline
function majority(x: u32, y: u32, z: u32): u32 {
  return (x & y) | (z & (x | y));
}

/** The first 32 bits of the fractions of the square roots of the first 8 primes. */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const INITIAL: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
