// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from "tremula/assembly";
import { Attribute } from "../policy/attribute";

/** Keys are written here, and copied by those that are kept: conditions are made by the ten thousand. */
// @ts-ignore: decorator
@lazy
const SCRATCH: ByteWriter = new ByteWriter(256);

/** Begins the key of a condition: its class in a letter and the attribute that it looks at. */
export function keyWriter(letter: string, attribute: Attribute): ByteWriter {
  return SCRATCH.clear().write(letter).writeLE<i32>(attribute.id);
}
