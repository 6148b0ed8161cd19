// SPDX-License-Identifier: Apache-2.0

/**
 * Adds four rows of a product in one sweep: `t[k] += m0*x[k] + m1*x[k-1] + m2*x[k-2] + m3*x[k-3]` for k from 0 to
 * count + 2. Nearly all the time of RSA is spent here.
 *
 * The limbs `x` are u32, the columns `t` u64; neither the sums nor the columns carry. Four rows at once, because each
 * column is then read and written once for four products, and what is needed of `x` stays in registers. With SIMD it
 * takes as long: V8 makes three instructions of `i64x2.extmul_low_i32x4_u`, for two products.
 *
 * @param count limbs of `x`, a multiple of four; `x[-3]` to `x[-1]` are read too, `x[count]` and up count as zero
 */
export function addRows(t: usize, x: usize, count: i32, m0: u64, m1: u64, m2: u64, m3: u64): void {
  let c = <u64>load<u32>(x - 12);
  let b = <u64>load<u32>(x - 8);
  let a = <u64>load<u32>(x - 4);
  const end = x + ((<usize>count) << 2);
  while (x < end) {
    const d = <u64>load<u32>(x, 0);
    const e = <u64>load<u32>(x, 4);
    const f = <u64>load<u32>(x, 8);
    const g = <u64>load<u32>(x, 12);
    store<u64>(t, load<u64>(t, 0) + m0 * d + m1 * a + m2 * b + m3 * c, 0);
    store<u64>(t, load<u64>(t, 8) + m0 * e + m1 * d + m2 * a + m3 * b, 8);
    store<u64>(t, load<u64>(t, 16) + m0 * f + m1 * e + m2 * d + m3 * a, 16);
    store<u64>(t, load<u64>(t, 24) + m0 * g + m1 * f + m2 * e + m3 * d, 24);
    c = e;
    b = f;
    a = g;
    x += 16;
    t += 32;
  }
  store<u64>(t, load<u64>(t, 0) + m1 * a + m2 * b + m3 * c, 0);
  store<u64>(t, load<u64>(t, 8) + m2 * a + m3 * b, 8);
  store<u64>(t, load<u64>(t, 16) + m3 * a, 16);
}
