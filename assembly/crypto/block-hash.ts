// SPDX-License-Identifier: Apache-2.0

/**
 * What SHA-256 and SHA-512 have in common (FIPS 180-4 section 5): blocks, an octet string that comes in pieces, padding.
 * One object hashes any number of strings, one after the other, and allocates only when it is made.
 */
export abstract class BlockHash {
  /** The eight words of the state, then the block that is being filled. */
  private readonly memory: StaticArray<u8>;
  /** Octets of the string up to now. */
  private total: u64 = 0;

  constructor(
    /** Octets in a block: 64 or 128. A word is a sixteenth of it, and the state is half a block. */
    public readonly blockLength: i32,
    /** Octets that `finish` writes. */
    public readonly digestLength: i32,
  ) {
    this.memory = new StaticArray<u8>(blockLength + (blockLength >> 1));
  }

  /** Writes the initial state. */
  protected abstract initialize(state: usize): void;

  /** Takes `count` whole blocks into the state. */
  protected abstract compress(state: usize, blocks: usize, count: i32): void;

  /** Writes the first `digestLength` octets of the state. */
  protected abstract extract(state: usize, out: usize): void;

  /** Begins anew; what was hashed and not finished is forgotten. */
  reset(): void {
    this.total = 0;
    this.initialize(this.state);
  }

  /** Appends `length` octets at `ptr`. */
  update(ptr: usize, length: i32): void {
    if (length <= 0) return;
    const block = this.block;
    const blockLength = this.blockLength;
    const filled = this.filled;
    this.total += <u64>length;
    if (filled > 0) {
      const taken = min(length, blockLength - filled);
      memory.copy(block + <usize>filled, ptr, <usize>taken);
      if (filled + taken < blockLength) return;
      this.compress(this.state, block, 1);
      ptr += <usize>taken;
      length -= taken;
    }
    const count = length / blockLength;
    if (count > 0) this.compress(this.state, ptr, count);
    const whole = count * blockLength;
    memory.copy(block, ptr + <usize>whole, <usize>(length - whole));
  }

  /** Writes the digest of what was appended, `digestLength` octets, and begins anew. */
  finish(out: usize): void {
    const block = this.block;
    const blockLength = <usize>this.blockLength;
    const lengthField = blockLength - (blockLength >> 3);
    let filled = <usize>this.filled;
    store<u8>(block + filled, 0x80);
    filled++;
    if (filled > lengthField) {
      memory.fill(block + filled, 0, blockLength - filled);
      this.compress(this.state, block, 1);
      filled = 0;
    }
    memory.fill(block + filled, 0, blockLength - filled);
    store<u64>(block + blockLength - 8, bswap<u64>(this.total << 3));
    this.compress(this.state, block, 1);
    this.extract(this.state, out);
    this.reset();
  }

  /** Keeps the state after whole blocks, half a block of octets, at `out`: to go on from it many times with `resume`. */
  save(out: usize): void {
    memory.copy(out, this.state, <usize>(this.blockLength >> 1));
  }

  /** Goes on from a state that was saved when `total` octets, a multiple of the block, had been appended. */
  resume(saved: usize, total: i32): void {
    memory.copy(this.state, saved, <usize>(this.blockLength >> 1));
    this.total = <u64>total;
  }

  private get filled(): i32 {
    return (<i32>this.total) & (this.blockLength - 1);
  }

  private get state(): usize {
    return changetype<usize>(this.memory);
  }

  private get block(): usize {
    return changetype<usize>(this.memory) + <usize>(this.blockLength >> 1);
  }
}
