import { Status } from "./enums.js";
import { toLatin1, utf8 } from "./octets.js";
import { encodePairs } from "./pairs.js";

/**
 * A property's value as a test gives it. Envoy hands text and bytes over as they are, integers as 8 bytes (an integral
 * `number` is one; `Double` makes the other kind), times and durations as nanoseconds, a boolean as one byte, objects and
 * lists as header pairs. `null` is what Envoy cannot serialize.
 */
export type PropertyValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | Date
  | Typed
  | readonly PropertyValue[]
  | PropertyMap
  | null;

export interface PropertyMap {
  readonly [name: string]: PropertyValue;
}

/** A value of a type of Envoy's that JavaScript has no literal for. */
abstract class Typed {
  /** Keeps plain objects, which are maps, apart from these. */
  abstract readonly type: string;
}

/** A number of protobuf's type double, as in metadata. */
export class Double extends Typed {
  readonly type = "double";

  constructor(readonly value: number) {
    super();
  }
}

/** A number of the kind that is never negative: CEL does not add it to others. Properties have 8 bytes for either. */
export class Uint extends Typed {
  readonly type = "uint";

  constructor(readonly value: number | bigint) {
    super();
  }
}

/** A time to the nanosecond; a `Date` where milliseconds are enough. */
export class Timestamp extends Typed {
  readonly type = "timestamp";

  /** @param nanoseconds since 1970 */
  constructor(readonly nanoseconds: bigint) {
    super();
  }
}

/** A length of time. */
export class Duration extends Typed {
  readonly type = "duration";

  constructor(readonly nanoseconds: bigint) {
    super();
  }
}

export function encodeValue(value: PropertyValue): Uint8Array | Status {
  if (typeof value === "string") return utf8(value);
  if (value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return new Uint8Array([value ? 1 : 0]);
  if (value instanceof Date) return int64(BigInt(value.getTime()) * 1_000_000n);
  if (typeof value === "bigint") return int64(value);
  if (value instanceof Double) return double(value.value);
  if (value instanceof Uint) return int64(BigInt(value.value));
  if (value instanceof Timestamp || value instanceof Duration) return int64(value.nanoseconds);
  if (typeof value === "number") return Number.isInteger(value) ? int64(BigInt(value)) : double(value);
  if (value === null) return Status.SerializationFailure;
  const entries = isList(value)
    ? value.map((item) => [item, ""] as const)
    : Object.entries(value as PropertyMap);
  return encodeEntries(entries.map(([name, item]) => [encodeValue(name), encodeValue(item)]));
}

/** What maps and lists are made of, as pairs; a list's items are names without values. */
export function encodeEntries(
  entries: readonly (readonly [Uint8Array | Status, Uint8Array | Status])[],
): Uint8Array | Status {
  const pairs: [string, string][] = [];
  for (const [name, value] of entries) {
    if (typeof name === "number" || typeof value === "number") return Status.SerializationFailure;
    pairs.push([toLatin1(name), toLatin1(value)]);
  }
  return encodePairs(pairs);
}

/** The value one step below; undefined when there is none. */
export function childOf(value: PropertyValue, name: string): PropertyValue | undefined {
  if (isList(value)) return /^\d+$/.test(name) ? value[Number(name)] : undefined;
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function isList(value: PropertyValue): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

export function isMap(value: PropertyValue): value is PropertyMap {
  const leaf = value instanceof Uint8Array || value instanceof Date || value instanceof Typed;
  return typeof value === "object" && value !== null && !leaf && !isList(value);
}

function int64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value, true);
  return bytes;
}

function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}
