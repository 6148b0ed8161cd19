// SPDX-License-Identifier: Apache-2.0
import { BlockHash } from "./block-hash";

/** SHA-512 or SHA-384 (FIPS 180-4 sections 6.4 and 6.5) of octets that come in pieces. */
@final
export class Sha512 extends BlockHash {
  /** @param digestLength 64 for SHA-512, 48 for SHA-384 */
  constructor(digestLength: i32 = 64) {
    super(128, digestLength == 48 ? 48 : 64);
    this.reset();
  }

  protected initialize(state: usize): void {
    memory.copy(state, this.digestLength == 48 ? INITIAL_384 : INITIAL_512, 64);
  }

  protected compress(state: usize, blocks: usize, count: i32): void {
    for (; count > 0; count--) {
      compressBlock(state, blocks);
      blocks += 128;
    }
  }

  protected extract(state: usize, out: usize): void {
    const end = <usize>this.digestLength;
    for (let i: usize = 0; i < end; i += 8) store<u64>(out + i, bswap<u64>(load<u64>(state + i)));
  }
}

/** The words of the message schedule; nothing of it is needed after a block. */
// @ts-ignore: decorator
@lazy
const schedule: usize = memory.data(80 * 8);

function compressBlock(state: usize, block: usize): void {
  expand(block);
  let a = load<u64>(state, 0);
  let b = load<u64>(state, 8);
  let c = load<u64>(state, 16);
  let d = load<u64>(state, 24);
  let e = load<u64>(state, 32);
  let f = load<u64>(state, 40);
  let g = load<u64>(state, 48);
  let h = load<u64>(state, 56);
  // Eight rounds a turn, after which each variable is in its own role again: none has to be moved. What is known early is
  // added first, because each round waits for the one before.
  for (let i: usize = 0; i < 80 * 8; i += 8 * 8) {
    const w = schedule + i;
    const k = K + i;
    let t = load<u64>(w, 0) + load<u64>(k, 0) + h + choose(e, f, g) + bigSigma1(e);
    d += t;
    h = majority(a, b, c) + bigSigma0(a) + t;
    t = load<u64>(w, 8) + load<u64>(k, 8) + g + choose(d, e, f) + bigSigma1(d);
    c += t;
    g = majority(h, a, b) + bigSigma0(h) + t;
    t = load<u64>(w, 16) + load<u64>(k, 16) + f + choose(c, d, e) + bigSigma1(c);
    b += t;
    f = majority(g, h, a) + bigSigma0(g) + t;
    t = load<u64>(w, 24) + load<u64>(k, 24) + e + choose(b, c, d) + bigSigma1(b);
    a += t;
    e = majority(f, g, h) + bigSigma0(f) + t;
    t = load<u64>(w, 32) + load<u64>(k, 32) + d + choose(a, b, c) + bigSigma1(a);
    h += t;
    d = majority(e, f, g) + bigSigma0(e) + t;
    t = load<u64>(w, 40) + load<u64>(k, 40) + c + choose(h, a, b) + bigSigma1(h);
    g += t;
    c = majority(d, e, f) + bigSigma0(d) + t;
    t = load<u64>(w, 48) + load<u64>(k, 48) + b + choose(g, h, a) + bigSigma1(g);
    f += t;
    b = majority(c, d, e) + bigSigma0(c) + t;
    t = load<u64>(w, 56) + load<u64>(k, 56) + a + choose(f, g, h) + bigSigma1(f);
    e += t;
    a = majority(b, c, d) + bigSigma0(b) + t;
  }
  store<u64>(state, load<u64>(state, 0) + a, 0);
  store<u64>(state, load<u64>(state, 8) + b, 8);
  store<u64>(state, load<u64>(state, 16) + c, 16);
  store<u64>(state, load<u64>(state, 24) + d, 24);
  store<u64>(state, load<u64>(state, 32) + e, 32);
  store<u64>(state, load<u64>(state, 40) + f, 40);
  store<u64>(state, load<u64>(state, 48) + g, 48);
  store<u64>(state, load<u64>(state, 56) + h, 56);
}

function expand(block: usize): void {
  for (let i: usize = 0; i < 16 * 8; i += 8) store<u64>(schedule + i, bswap<u64>(load<u64>(block + i)));
  for (let w = schedule + 16 * 8; w < schedule + 80 * 8; w += 8) {
    const early = load<u64>(w - 15 * 8);
    const late = load<u64>(w - 2 * 8);
    const sigma0 = rotr<u64>(early, 1) ^ rotr<u64>(early, 8) ^ (early >> 7);
    const sigma1 = rotr<u64>(late, 19) ^ rotr<u64>(late, 61) ^ (late >> 6);
    store<u64>(w, sigma1 + load<u64>(w - 7 * 8) + sigma0 + load<u64>(w - 16 * 8));
  }
}

// @ts-ignore: decorator
@inline
function bigSigma0(x: u64): u64 {
  return rotr<u64>(x, 28) ^ rotr<u64>(x, 34) ^ rotr<u64>(x, 39);
}

// @ts-ignore: decorator
@inline
function bigSigma1(x: u64): u64 {
  return rotr<u64>(x, 14) ^ rotr<u64>(x, 18) ^ rotr<u64>(x, 41);
}

/** Each bit of `y` where `x` has one, of `z` where it has none. */
// @ts-ignore: decorator
@inline
function choose(x: u64, y: u64, z: u64): u64 {
  return z ^ (x & (y ^ z));
}

/** Each bit as two or three of them have it. */
// @ts-ignore: decorator
@inline
function majority(x: u64, y: u64, z: u64): u64 {
  return (x & y) | (z & (x | y));
}

/** The first 64 bits of the fractions of the square roots of the first 8 primes. */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const INITIAL_512: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
]);

/** The same of the 9th to the 16th prime. */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const INITIAL_384: usize = memory.data<u64>([
  0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
  0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
]);

/** The first 64 bits of the fractions of the cube roots of the first 80 primes. */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const K: usize = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
  0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
  0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
  0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
  0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
  0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
  0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
  0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
  0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
  0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
  0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
  0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
  0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
  0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
  0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
  0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
  0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
]);
