// SPDX-License-Identifier: Apache-2.0
import { Bytes, Context, Expression } from "tremula/assembly";
import { Values } from "../labels/values";
import { modernized } from "./legacy-names";

/** In the names of attributes of a connection that its TLS handshake settles. */
const HANDSHAKE: StaticArray<string> = ["mtls", "tls_version", "_certificate"];

/**
 * An expression of the configuration, as a label's value or as a number. Envoy does not say of which type a value is
 * (proxy-wasm hands octets over), so it is asked for the text, `string(…)`, or for the number, `int(…)`. A boolean
 * that `string` does not take is told by its one octet.
 */
@final
export class Dimension {
  private readonly plain: Expression | null;
  private readonly text: Expression | null;
  private number: Expression | null = null;
  private numberTried: bool = false;
  /** Whether it has to do with what a TLS handshake finds out, of which Envoy has other values before that. */
  readonly isOfHandshake: bool;
  readonly values: Values;

  constructor(
    /** As the configuration has it. */
    readonly source: Bytes,
    limit: i32,
  ) {
    const expression = modernized(source);
    const plain = Expression.compile(expression);
    this.plain = plain;
    this.text = plain !== null ? Expression.compile(call("string", expression)) : null;
    this.values = new Values(limit);
    this.isOfHandshake = hasAny(source, HANDSHAKE);
  }

  /** False when it is no expression. */
  get isValid(): bool {
    return this.plain !== null;
  }

  /** The number of its value in `values`; in the context's own callbacks only. */
  numberIn(context: Context): u32 {
    return this.values.numberOf(this.textIn(context));
  }

  /** For a metric's value: the integer, or `absent`. */
  integerIn(context: Context, absent: i64): i64 {
    const plain = this.plain;
    if (plain === null) return absent;
    if (!this.numberTried) {
      this.numberTried = true;
      this.number = Expression.compile(call("int", modernized(this.source)));
    }
    const number = this.number;
    const converted = number !== null ? context.evaluate(number) : null;
    if (converted !== null) return converted.int(absent);
    // A duration or a time: nanoseconds.
    const value = context.evaluate(plain);
    return value !== null ? value.int(absent) : absent;
  }

  /** Frees it in the host. */
  drop(): void {
    free(this.plain);
    free(this.text);
    free(this.number);
  }

  private textIn(context: Context): Bytes | null {
    const text = this.text;
    const converted = text !== null ? context.evaluate(text) : null;
    if (converted !== null) return converted.bytes;
    const plain = this.plain;
    const value = plain !== null ? context.evaluate(plain) : null;
    if (value === null) return null;
    const octets = value.bytes;
    if (octets.length == 1 && <u32>octets.at(0) < 2) return Bytes.of(octets.at(0) == 1 ? "true" : "false");
    return text === null ? octets : null;
  }
}

function hasAny(text: Bytes, words: StaticArray<string>): bool {
  for (let i = 0; i < words.length; i++) if (text.indexOf(unchecked(words[i])) >= 0) return true;
  return false;
}

function call(name: string, expression: Bytes): Bytes {
  // A comment at its end ends with the line.
  return Bytes.of(name).concat("(").concat(expression).concat("\n)");
}

function free(expression: Expression | null): void {
  if (expression !== null) expression.drop();
}
