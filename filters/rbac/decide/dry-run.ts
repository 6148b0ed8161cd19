// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";

/** What a response header says of the shadow rules: `denied`, or `allowed; policy="name"` with visible octets only. */
export function dryRunValue(isAllowed: bool, policy: Bytes | null): Bytes {
  const value = new ByteWriter(48).write(isAllowed ? "allowed" : "denied");
  if (policy === null) return value.toBytes();
  value.write('; policy="');
  for (let i = 0; i < policy.length; i++) {
    const octet = <u32>policy.at(i);
    const isPlain = octet >= 0x20 && octet < 0x7f && octet != 0x22 && octet != 0x5c;
    value.writeByte(isPlain ? <u8>octet : <u8>0x5f);
  }
  return value.write('"').toBytes();
}
