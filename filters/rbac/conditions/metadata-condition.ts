// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, MetadataMatcher } from "tremula/assembly";
import { Attribute } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";
import { Hint } from "../policy/hint";
import { TextPattern } from "./text-pattern";

/** A value of metadata is as a matcher wants it. */
@final
export class MetadataCondition extends Condition {
  constructor(
    key: Bytes,
    private readonly attribute: Attribute,
    private readonly matcher: MetadataMatcher,
    /** Where the matcher asks for one string, or for a list that has one. */
    private readonly pattern: TextPattern | null,
  ) {
    super(key);
  }

  test(facts: Facts): bool {
    return this.matcher.matches(facts.metadata(this.attribute));
  }

  hint(): Hint | null {
    const pattern = this.pattern;
    return pattern !== null ? pattern.hint(this.attribute) : null;
  }

  describe(): Bytes {
    const text = new ByteWriter(64).write(this.attribute.describe());
    const pattern = this.pattern;
    if (pattern === null) return text.write(" as its matcher wants it").toBytes();
    text.write(" ");
    pattern.describe(text);
    return text.toBytes();
  }
}
