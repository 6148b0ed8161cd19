import type { Context } from "./context.js";
import { Status } from "./enums.js";
import { encodeValue, type PropertyValue } from "./property-value.js";

/** What `declare_property` said of a name. */
export interface StatePrototype {
  readonly readOnly: boolean;
}

interface WasmState {
  value: Uint8Array;
  readonly readOnly: boolean;
}

const WASM_PREFIX = "wasm.";
const NONE: ReadonlyMap<string, PropertyValue> = new Map();

/** The attributes of one stream as properties see them, and its filter state. */
export class StreamInfo {
  /** What the test has set, by path; the parts are joined by NUL as in the ABI. */
  properties: ReadonlyMap<string, PropertyValue> = NONE;
  readonly #state = new Map<string, WasmState>();
  /** Objects that `set_envoy_filter_state` made, by their keys: `envoy.tcp_proxy.cluster` and the like. */
  readonly #objects = new Map<string, Uint8Array>();

  constructor(
    /** Attributes that the host works out, asked for by a property's first name. */
    readonly attributes: (name: string, context: Context) => PropertyValue | undefined,
  ) {}

  setProperty(path: string | readonly string[], value: PropertyValue): void {
    const key = typeof path === "string" ? path : path.join("\0");
    this.properties = new Map([...this.properties, [key, value]]);
  }

  /** Filter state by its key; what a filter sets with `proxy_set_property("x")` is at `wasm.x`. */
  filterState(key: string): Uint8Array | undefined {
    return key.startsWith(WASM_PREFIX)
      ? this.#state.get(key.slice(WASM_PREFIX.length))?.value
      : this.#objects.get(key);
  }

  setFilterState(key: string, value: PropertyValue): void {
    const bytes = encodeValue(value);
    if (typeof bytes === "number") throw new TypeError(`filter state ${key}: no such value in Envoy`);
    if (key.startsWith(WASM_PREFIX)) this.setWasmState(key.slice(WASM_PREFIX.length), bytes, undefined);
    else this.#objects.set(key, bytes);
  }

  setWasmState(name: string, value: Uint8Array, prototype: StatePrototype | undefined): Status {
    const present = this.#state.get(name);
    if (present === undefined) {
      this.#state.set(name, { value, readOnly: prototype?.readOnly ?? false });
      return Status.Ok;
    }
    if (present.readOnly) return Status.BadArgument;
    present.value = value;
    return Status.Ok;
  }
}
