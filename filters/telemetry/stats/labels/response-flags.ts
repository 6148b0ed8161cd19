// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from "tremula/assembly";

/** Short names of Envoy's response flags by their bit in `response.flags` (envoy/stream_info/stream_info.h, 1.40). */
// prettier-ignore
const NAMES: StaticArray<string> = [
  "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI",
  "FI", "RL", "UAEX", "RLSE", "DC", "URX", "SI", "IH", "DPE", "UMSDR",
  "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR", "UDO",
];

/** Writes the names of the flags that are set, or `-`; a number last when there are flags that this table lacks. */
export function writeResponseFlags(text: ByteWriter, flags: u64): void {
  if (flags == 0) {
    text.write("-");
    return;
  }
  let separator = "";
  for (let bit: u64 = 0; bit < <u64>NAMES.length; bit++) {
    if (((flags >> bit) & 1) == 0) continue;
    text.write(separator).write(unchecked(NAMES[<i32>bit]));
    separator = ",";
  }
  const known = <u64>NAMES.length;
  if (flags >> known == 0) return;
  text.write(separator).writeUint(flags);
}
