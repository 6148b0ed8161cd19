import { loadUnit, type Unit } from "../unit-module.js";

export interface Outcome {
  readonly protocol: string;
  readonly reason: string;
  readonly at: number;
}

/** The detector, compiled as in the filter, with no host around it. */
export class Driver {
  private constructor(private readonly unit: Unit) {}

  static async load(): Promise<Driver> {
    return new Driver(await loadUnit("protocol"));
  }

  get call(): Unit["call"] {
    return this.unit.call;
  }

  /** Octets of memory that the module has. */
  memorySize(): number {
    return this.unit.memorySize();
  }

  give(octets: Uint8Array): void {
    this.unit.give(octets);
  }

  text(name: string): string {
    return this.unit.text(this.call[name]!());
  }

  /** The same for a function of a number. */
  text1(name: string, argument: number): string {
    return this.unit.text(this.call[name]!(argument));
  }

  /** Looks for these protocols; standard ones by default. */
  use(protocols?: readonly string[], readsHello = false): void {
    if (protocols === undefined) this.call.useStandard!();
    else {
      this.give(Buffer.from(protocols.join(",")));
      this.call.use!(Number(readsHello));
    }
  }

  /** What comes of octets in one segment; undefined while it is open. */
  whole(octets: Uint8Array, { endOfStream = false, maxBytes = 8192 } = {}): Outcome | undefined {
    this.give(octets);
    this.call.limit!(maxBytes, Number(endOfStream));
    return this.call.whole!() ? this.outcome() : undefined;
  }

  outcome(): Outcome {
    return { protocol: this.text("protocol"), reason: this.text("reason"), at: this.call.at!() };
  }
}
