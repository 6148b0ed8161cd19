import { Status } from "./enums.js";
import { utf8 } from "./octets.js";
import { encodePairs } from "./pairs.js";
import { toLatin1 } from "./octets.js";

/**
 * A property's value as a test gives it. Envoy hands text and bytes over as they are, integers as 8 bytes (an integral
 * `number` is one; `Double` makes the other kind), a `Date` as nanoseconds, a boolean as one byte, objects and lists as
 * header pairs. `null` is what Envoy cannot serialize.
 */
export type PropertyValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | Date
  | Double
  | readonly PropertyValue[]
  | PropertyMap
  | null;

export interface PropertyMap {
  readonly [name: string]: PropertyValue;
}

/** A number of protobuf's type double, as in metadata. */
export class Double {
  constructor(readonly value: number) {}
}

export function encodeValue(value: PropertyValue): Uint8Array | Status {
  if (typeof value === "string") return utf8(value);
  if (value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return new Uint8Array([value ? 1 : 0]);
  if (value instanceof Date) return int64(BigInt(value.getTime()) * 1_000_000n);
  if (typeof value === "bigint") return int64(value);
  if (value instanceof Double) return double(value.value);
  if (typeof value === "number") return Number.isInteger(value) ? int64(BigInt(value)) : double(value);
  if (value === null) return Status.SerializationFailure;
  return encodeList(isList(value) ? value.map((item) => [item, ""] as const) : Object.entries(value));
}

function encodeList(entries: readonly (readonly [PropertyValue, PropertyValue])[]): Uint8Array | Status {
  const pairs: [string, string][] = [];
  for (const [name, value] of entries) {
    const [n, v] = [encodeValue(name), encodeValue(value)];
    if (typeof n === "number" || typeof v === "number") return Status.SerializationFailure;
    pairs.push([toLatin1(n), toLatin1(v)]);
  }
  return encodePairs(pairs);
}

/** The value one step below; undefined when there is none. */
export function childOf(value: PropertyValue, name: string): PropertyValue | undefined {
  if (isList(value)) return /^\d+$/.test(name) ? value[Number(name)] : undefined;
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isList(value: PropertyValue): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

function isMap(value: PropertyValue): value is PropertyMap {
  const leaf = value instanceof Uint8Array || value instanceof Date || value instanceof Double;
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
