// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, IntegerRange } from "tremula/assembly";
import { Attribute, AttributeKind } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";
import { Hint } from "../policy/hint";
import { keyWriter } from "./key";
import { TextPattern } from "./text-pattern";

/** What is asked of a header: a pattern, or a range, or, with neither, that it is there. */
@final
export class HeaderForm {
  pattern: TextPattern | null = null;
  range: IntegerRange | null = null;
  wantsPresence: bool = true;
  /** Whether what the form says is turned around. */
  isInverted: bool = false;
  /** Whether an absent header is as good as an empty one. */
  acceptsMissing: bool = false;

  get asksPresence(): bool {
    return this.pattern === null && this.range === null;
  }

  passes(ptr: usize, length: i32): bool {
    const pattern = this.pattern;
    if (pattern !== null) return pattern.matchesAt(ptr, length) != this.isInverted;
    const range = this.range;
    return (range !== null && range.containsText(ptr, length)) != this.isInverted;
  }
}

/**
 * A header matcher, asked of each value by itself. Of several values either one must pass or all must. Envoy asks for one,
 * and for all with `invert_match` (measured on 1.40.0); strict mode asks for what does not let a second value decide,
 * see `Polarity`.
 */
@final
export class HeaderCondition extends Condition {
  private constructor(
    key: Bytes,
    private readonly attribute: Attribute,
    private readonly form: HeaderForm,
    /** Whether all values must pass. */
    private readonly asksEvery: bool,
  ) {
    super(key);
  }

  static of(attribute: Attribute, form: HeaderForm, asksEvery: bool): HeaderCondition {
    const key = keyWriter("h", attribute)
      .writeByte(u8(form.isInverted) | (u8(form.acceptsMissing) << 1) | (u8(form.wantsPresence) << 2))
      .writeByte(u8(asksEvery && !form.asksPresence));
    const pattern = form.pattern;
    const range = form.range;
    if (pattern !== null) pattern.writeKey(key);
    if (range !== null) key.write("r").writeLE<i64>(range.start).writeLE<i64>(range.end);
    return new HeaderCondition(key.toBytes(), attribute, form, asksEvery);
  }

  test(facts: Facts): bool {
    const form = this.form;
    const attribute = this.attribute;
    const count = facts.count(attribute);
    if (form.asksPresence)
      return ((count > 0 || form.acceptsMissing) == form.wantsPresence) != form.isInverted;
    // An absent header fails, even when inverted.
    if (count == 0) return form.acceptsMissing && form.passes(0, 0);
    // The values of a host are one, in two forms: one that matches is enough, and with `invert_match` one spoils it.
    const isHost = attribute.kind == AttributeKind.Host || attribute.kind == AttributeKind.RoutedHost;
    const isEvery = isHost ? form.isInverted : this.asksEvery;
    for (let i = 0; i < count; i++) {
      if (form.passes(facts.ptr(attribute, i), facts.length(attribute, i)) != isEvery) return !isEvery;
    }
    return isEvery;
  }

  hint(): Hint | null {
    const pattern = this.form.pattern;
    if (pattern === null || this.form.isInverted) return null;
    if (this.form.acceptsMissing && pattern.matchesAt(0, 0)) return null;
    return pattern.hint(this.attribute);
  }

  describe(): Bytes {
    const form = this.form;
    const text = new ByteWriter(64).write(this.attribute.describe());
    const pattern = form.pattern;
    const range = form.range;
    if (form.isInverted) text.write(" not");
    text.write(" ");
    if (pattern !== null) pattern.describe(text);
    else if (range !== null) {
      text.write("range [").writeInt(range.start).write(", ").writeInt(range.end).write(")");
    } else text.write(form.wantsPresence ? "present" : "absent");
    return text.toBytes();
  }
}
