// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { Attribute, AttributeKind } from "./attribute";
import { Condition } from "./condition";
import { KeyTable } from "./key-table";

// @ts-ignore: decorator
@lazy
const NO_PATH: Array<Bytes> = [];

/** Makes equal attributes, and equal conditions, one object each, and numbers them. One per plugin. */
@final
export class Interner {
  readonly attributes: Array<Attribute> = [];
  readonly conditions: Array<Condition> = [];
  private readonly attributeKeys: KeyTable = new KeyTable();
  private conditionKeys: KeyTable = new KeyTable();
  private readonly scratch: ByteWriter = new ByteWriter(128);

  attribute(kind: AttributeKind, name: Bytes = Bytes.EMPTY, path: Array<Bytes> = NO_PATH): Attribute {
    Attribute.writeKey(this.scratch.clear(), kind, name, path);
    const key = this.scratch.view();
    const known = this.attributeKeys.find(key);
    if (known >= 0) return this.attributes[known];
    const attribute = new Attribute(this.attributeKeys.add(key), kind, name, path);
    this.attributes.push(attribute);
    return attribute;
  }

  /** The condition with the same key that came first, which may be this one. */
  condition(condition: Condition): Condition {
    const known = this.conditionKeys.find(condition.key);
    if (known >= 0) return this.conditions[known];
    this.conditionKeys.add(condition.key);
    // The table has it now.
    condition.key = Bytes.EMPTY;
    condition.id = this.conditions.length;
    this.conditions.push(condition);
    return condition;
  }

  /** Gives back what is needed only while conditions are made. */
  forgetKeys(): void {
    this.conditionKeys = new KeyTable();
  }
}
