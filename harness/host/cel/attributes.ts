import type { CelInput, CelMap } from "@bufbuild/cel";
import type { Context } from "../context.js";
import { findProperty } from "../properties.js";
import {
  Double,
  Duration,
  isList,
  isMap,
  type PropertyMap,
  type PropertyValue,
  Timestamp,
  Uint,
} from "../property-value.js";
import type { CelEngine } from "./library.js";

/** Attributes by their names: Envoy looks into these, and neither lists nor serializes them. */
const LOOKED_INTO = new Set([
  ...["request", "response", "connection", "upstream", "source", "destination", "xds", "filter_state"],
]);
const HEADER_MAPS = new Set(["request\0headers", "response\0headers", "response\0trailers"]);
const looked = new WeakSet<CelMap>();

/** Whether it is a map that Envoy can look into only. */
export function isLookedInto(map: CelMap): boolean {
  return looked.has(map);
}

/** What a context's attributes are in an expression, by the first name; undefined for a name that nothing has. */
export function variablesOf(engine: CelEngine, context: Context): Record<string, CelInput> {
  const get = (_: object, name: string | symbol): CelInput | undefined =>
    typeof name === "string" ? variable(engine, context, name) : undefined;
  return new Proxy({}, { get });
}

function variable(engine: CelEngine, context: Context, name: string): CelInput | undefined {
  if (!LOOKED_INTO.has(name)) return attribute(engine, context, [name]);
  if (context.streamInfo === null && name !== "xds") return undefined;
  const map = engine.library.celMap(new Looked(engine, context, name));
  looked.add(map);
  return map;
}

function attribute(engine: CelEngine, context: Context, path: readonly string[]): CelInput | undefined {
  const value = findProperty(context, path);
  if (HEADER_MAPS.has(path.join("\0"))) {
    // Empty while there are none.
    return engine.library.celMap(new Headers(value !== undefined && isMap(value) ? value : {}));
  }
  return value === undefined ? undefined : celInput(engine, value);
}

/** One kind of attributes, worked out when they are asked for. */
class Looked extends Map<string, CelInput> {
  constructor(
    private readonly engine: CelEngine,
    private readonly context: Context,
    private readonly name: string,
  ) {
    super();
  }

  override get(key: unknown): CelInput | undefined {
    return typeof key === "string" ? attribute(this.engine, this.context, [this.name, key]) : undefined;
  }
}

/** Headers by their names, in whatever case those are asked for. */
class Headers extends Map<string, CelInput> {
  constructor(headers: PropertyMap) {
    super(Object.entries(headers) as [string, string][]);
  }

  override get(key: unknown): CelInput | undefined {
    return typeof key === "string" ? super.get(key.toLowerCase()) : undefined;
  }
}

function celInput(engine: CelEngine, value: PropertyValue): CelInput {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (value instanceof Double) return value.value;
  if (value instanceof Uint) return engine.library.celUint(BigInt(value.value));
  if (value instanceof Date) return time(engine, "Timestamp", BigInt(value.getTime()) * 1_000_000n);
  if (value instanceof Timestamp) return time(engine, "Timestamp", value.nanoseconds);
  if (value instanceof Duration) return time(engine, "Duration", value.nanoseconds);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (isList(value)) return value.map((item) => celInput(engine, item));
  return new Map(Object.entries(value as PropertyMap).map(([name, item]) => [name, celInput(engine, item)]));
}

/** A message of google.protobuf. */
function time(engine: CelEngine, type: "Timestamp" | "Duration", nanoseconds: bigint): CelInput {
  const nanos = Number(nanoseconds % 1_000_000_000n);
  const message = { $typeName: `google.protobuf.${type}`, seconds: nanoseconds / 1_000_000_000n, nanos };
  return engine.reflect(message);
}
