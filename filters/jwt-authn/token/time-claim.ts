// SPDX-License-Identifier: Apache-2.0
import { JsonDocument, JsonEntry, JsonKind } from "tremula/assembly";

/** What a claim about time turned out to be. */
export enum TimeClaim {
  Absent,
  Good,
  NotNumber,
  OutOfRange,
}

/** 2^64 as a double, the first number that native refuses. */
const TOO_LARGE: f64 = 18446744073709551616.0;

let value: u64 = 0;

/** The seconds of the claim read last, when it was `Good`; otherwise 0. */
export function seconds(): u64 {
  return value;
}

/** Reads a NumericDate (RFC 7519 section 2): any number from 0 up to what fits; fractions are cut off, as natively. */
export function readTimeClaim(claims: JsonDocument, entry: JsonEntry): TimeClaim {
  value = 0;
  const kind = claims.kind(entry);
  if (kind == JsonKind.Absent) return TimeClaim.Absent;
  if (kind != JsonKind.Number) return TimeClaim.NotNumber;
  if (claims.isU64(entry)) {
    value = claims.u64(entry);
    return TimeClaim.Good;
  }
  const number = claims.f64(entry);
  if (!(number >= 0 && number < TOO_LARGE)) return TimeClaim.OutOfRange;
  value = <u64>number;
  return TimeClaim.Good;
}
