/** Numbers that look random and are the same each time (xorshift32). */
export class Draw {
  /** @param state any number but 0 */
  constructor(private state: number) {}

  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }

  one<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** One to three of them, each once. */
  some<T>(from: readonly T[]): T[] {
    const count = 1 + this.below(3);
    return [...new Set(Array.from({ length: count }, () => this.one(from)))];
  }

  /** Whether something happens that does so this often in a hundred. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One or two made by `make`, this often in a hundred; otherwise none. */
  list<T>(percent: number, make: () => T): T[] {
    return this.chance(percent) ? Array.from({ length: 1 + this.below(2) }, make) : [];
  }

  /** What one to three of these have come to, in one object. */
  merged(ways: readonly (() => object)[]): object {
    return Object.assign({}, ...this.some(ways).map((way) => way())) as object;
  }
}
