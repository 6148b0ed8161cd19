// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

const PREFIX: string = "istio_";

/** A metric's name without `istio_`, which all have and many a configuration writes. */
export function bareName(name: Bytes): Bytes {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** Whether a name is one that Prometheus takes, for a metric or a label. */
export function isMetricName(name: Bytes): bool {
  for (let i = 0; i < name.length; i++) {
    const octet = <u32>name.at(i);
    const isLetter = (octet | 0x20) - 0x61 < 26 || octet == 0x5f;
    if (!isLetter && !(octet - 0x30 < 10 && i > 0)) return false;
  }
  return name.length > 0;
}
