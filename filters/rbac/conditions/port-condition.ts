// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { Attribute } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";
import { Hint } from "../policy/hint";
import { keyWriter } from "./key";

/** A port is in a range. */
@final
export class PortCondition extends Condition {
  private constructor(
    key: Bytes,
    private readonly attribute: Attribute,
    private readonly start: i32,
    private readonly end: i32,
  ) {
    super(key);
  }

  /** @param start the first port; @param end the one behind the last */
  static of(attribute: Attribute, start: i32, end: i32): PortCondition {
    const key = keyWriter("p", attribute).writeLE<i32>(start).writeLE<i32>(end);
    return new PortCondition(key.toBytes(), attribute, start, end);
  }

  test(facts: Facts): bool {
    const port = facts.port(this.attribute);
    return port >= this.start && port < this.end;
  }

  hint(): Hint | null {
    return Hint.ofRange(this.attribute, this.start, this.end);
  }

  describe(): Bytes {
    const text = new ByteWriter(48).write(this.attribute.describe()).write(" ").writeInt(this.start);
    if (this.end != this.start + 1) text.write(" to ").writeInt(this.end - 1);
    return text.toBytes();
  }
}
