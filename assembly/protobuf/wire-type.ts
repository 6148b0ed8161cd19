// SPDX-License-Identifier: Apache-2.0

/** How a field is written (protobuf.dev/programming-guides/encoding, "Message Structure"). */
export enum WireType {
  /** int32, int64, uint32, uint64, sint32, sint64, bool, enum */
  Varint = 0,
  /** fixed64, sfixed64, double */
  Fixed64 = 1,
  /** string, bytes, messages, packed repeated fields */
  Length = 2,
  /** Groups, of proto2. */
  StartGroup = 3,
  EndGroup = 4,
  /** fixed32, sfixed32, float */
  Fixed32 = 5,
}
