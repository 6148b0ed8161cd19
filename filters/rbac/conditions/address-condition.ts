// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, CidrRange } from "tremula/assembly";
import { Attribute } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";
import { Hint } from "../policy/hint";
import { keyWriter } from "./key";

/** An address is in a CIDR range. */
@final
export class AddressCondition extends Condition {
  private constructor(
    key: Bytes,
    private readonly attribute: Attribute,
    private readonly text: Bytes,
    private readonly range: CidrRange,
    private readonly place: Hint,
  ) {
    super(key);
  }

  /**
   * @param text the range as it is written, for explanations
   * @param place the same range
   */
  static of(attribute: Attribute, text: Bytes, range: CidrRange, place: Hint): AddressCondition {
    const key = keyWriter("a", attribute)
      .writeByte(<u8>place.version)
      .writeByte(<u8>place.bits)
      .writeLE<u64>(place.high)
      .writeLE<u64>(place.low);
    return new AddressCondition(key.toBytes(), attribute, text, range, place);
  }

  test(facts: Facts): bool {
    return this.range.includes(facts.address(this.attribute));
  }

  hint(): Hint | null {
    return this.place;
  }

  describe(): Bytes {
    return new ByteWriter(48).write(this.attribute.describe()).write(" in ").write(this.text).toBytes();
  }
}
