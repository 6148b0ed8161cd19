import { expect } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

/** The fixture with all matchers in it: each is read from a configuration, and then known by its index. */
export class Matchers {
  private constructor(readonly unit: Unit) {}

  static async load(): Promise<Matchers> {
    return new Matchers(await loadUnit("match"));
  }

  /** Reads a matcher, which must be right. */
  read(kind: string, message: unknown): number {
    this.unit.give(Buffer.from(JSON.stringify(message)));
    const index = this.unit.call[kind]!();
    if (index < 0) throw new Error(`${JSON.stringify(message)}: ${this.unit.text(this.unit.call.error!())}`);
    return index;
  }

  /** What is wrong with a matcher; empty when nothing is. */
  error(kind: string, message: unknown): string {
    this.unit.give(Buffer.from(JSON.stringify(message)));
    return this.unit.call[kind]!() < 0 ? this.unit.text(this.unit.call.error!()) : "";
  }

  /** What a matcher says of a text. */
  says(kind: string, index: number, text: string | Uint8Array): boolean {
    this.unit.give(typeof text === "string" ? Buffer.from(text) : text);
    return this.unit.call[kind]!(index) === 1;
  }

  /** Makes these the headers of the next questions, which must come before another matcher is read. */
  giveHeaders(...headers: readonly (readonly [name: string, value: string])[]): void {
    this.unit.give(Buffer.from(headers.map(([name, value]) => `${name}\0${value}\0`).join(""), "latin1"));
    expect(this.unit.call.giveHeaders!()).toBe(headers.length);
  }
}
