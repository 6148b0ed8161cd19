import type { CelValue } from "@bufbuild/cel";
import { Status } from "../enums.js";
import { Double, Duration, encodeEntries, encodeValue, Timestamp } from "../property-value.js";
import { isLookedInto } from "./attributes.js";
import type { CelLibrary } from "./library.js";

const NANOSECONDS = 1_000_000_000n;
const [EARLIEST, LATEST] = [-(2n ** 63n), 2n ** 63n - 1n];

/** An expression's value as Envoy hands it to the module (Envoy: serializeValue in source/extensions/common/wasm). */
export function encodeResult(library: CelLibrary, value: CelValue): Uint8Array | Status {
  if (typeof value === "number") return encodeValue(new Double(value));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return encodeValue(value);
  const encode = (item: CelValue): Uint8Array | Status => encodeResult(library, item);
  if (library.isCelUint(value)) return encodeValue(value.value);
  if (library.isCelList(value))
    return encodeEntries([...value].map((item) => [encode(item), new Uint8Array(0)]));
  if (library.isCelMap(value)) {
    if (isLookedInto(value)) return Status.SerializationFailure;
    return encodeEntries([...value.entries()].map(([name, item]) => [encode(name), encode(item)]));
  }
  return "message" in value ? encodeMessage(value.message) : Status.SerializationFailure;
}

/** Of messages, the library knows times and durations. What is too far off for 64 bits is as far off as they go. */
function encodeMessage(message: object): Uint8Array | Status {
  const { $typeName, seconds, nanos } = message as { $typeName: string; seconds: bigint; nanos: number };
  const type = { "google.protobuf.Timestamp": Timestamp, "google.protobuf.Duration": Duration }[$typeName];
  if (type === undefined) return Status.SerializationFailure;
  const time = seconds * NANOSECONDS + BigInt(nanos);
  return encodeValue(new type(time < EARLIEST ? EARLIEST : time > LATEST ? LATEST : time));
}
