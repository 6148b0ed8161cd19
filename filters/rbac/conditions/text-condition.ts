// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { Attribute } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";
import { Hint } from "../policy/hint";
import { keyWriter } from "./key";
import { TextPattern } from "./text-pattern";

/** Some value of an attribute matches a pattern. */
@final
export class TextCondition extends Condition {
  private constructor(
    key: Bytes,
    private readonly attribute: Attribute,
    private readonly pattern: TextPattern,
  ) {
    super(key);
  }

  static of(attribute: Attribute, pattern: TextPattern): TextCondition {
    const key = keyWriter("t", attribute);
    pattern.writeKey(key);
    return new TextCondition(key.toBytes(), attribute, pattern);
  }

  test(facts: Facts): bool {
    const attribute = this.attribute;
    const count = facts.count(attribute);
    for (let i = 0; i < count; i++) {
      if (this.pattern.matchesAt(facts.ptr(attribute, i), facts.length(attribute, i))) return true;
    }
    return false;
  }

  hint(): Hint | null {
    return this.pattern.hint(this.attribute);
  }

  describe(): Bytes {
    const text = new ByteWriter(64).write(this.attribute.describe()).write(" ");
    this.pattern.describe(text);
    return text.toBytes();
  }
}
