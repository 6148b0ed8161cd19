import {
  DataStatus,
  HeadersStatus,
  LogLevel,
  MapType,
  BufferType,
  MetricType,
  Status,
  StreamType,
} from "./enums.js";
import { fieldText } from "./octets.js";
import { decodePairs } from "./pairs.js";
import type { Vm } from "./vm.js";

/** How the arguments of a host function are shown; `text`, `bytes` and `pairs` are two arguments, pointer and size. */
type Kind =
  | "map"
  | "buffer"
  | "stream"
  | "level"
  | "metric"
  | "int"
  | "text"
  | "bytes"
  | "pairs"
  | "outText"
  | "outPairs"
  | "outInt"
  | "outLong";

const SHAPES: Readonly<Record<string, readonly Kind[]>> = {
  proxy_log: ["level", "text"],
  proxy_get_log_level: ["outInt"],
  proxy_get_current_time_nanoseconds: ["outLong"],
  proxy_set_tick_period_milliseconds: ["int"],
  proxy_get_property: ["text", "outText"],
  proxy_set_property: ["text", "text"],
  proxy_get_buffer_bytes: ["buffer", "int", "int", "outText"],
  proxy_get_buffer_status: ["buffer", "outInt", "outInt"],
  proxy_set_buffer_bytes: ["buffer", "int", "int", "text"],
  proxy_get_header_map_size: ["map", "outInt"],
  proxy_get_header_map_pairs: ["map", "outPairs"],
  proxy_set_header_map_pairs: ["map", "pairs"],
  proxy_get_header_map_value: ["map", "text", "outText"],
  proxy_add_header_map_value: ["map", "text", "text"],
  proxy_replace_header_map_value: ["map", "text", "text"],
  proxy_remove_header_map_value: ["map", "text"],
  proxy_continue_stream: ["stream"],
  proxy_close_stream: ["stream"],
  proxy_send_local_response: ["int", "text", "text", "pairs", "int"],
  proxy_set_effective_context: ["int"],
  proxy_http_call: ["text", "pairs", "text", "pairs", "int", "outInt"],
  proxy_grpc_call: ["text", "text", "text", "pairs", "bytes", "int", "outInt"],
  proxy_grpc_stream: ["text", "text", "text", "pairs", "outInt"],
  proxy_grpc_send: ["int", "bytes", "int"],
  proxy_grpc_cancel: ["int"],
  proxy_grpc_close: ["int"],
  proxy_get_status: ["outInt", "outText"],
  proxy_get_shared_data: ["text", "outText", "outInt"],
  proxy_set_shared_data: ["text", "text", "int"],
  proxy_register_shared_queue: ["text", "outInt"],
  proxy_resolve_shared_queue: ["text", "text", "outInt"],
  proxy_dequeue_shared_queue: ["int", "outText"],
  proxy_enqueue_shared_queue: ["int", "text"],
  proxy_define_metric: ["metric", "text", "outInt"],
  proxy_increment_metric: ["int", "int"],
  proxy_record_metric: ["int", "int"],
  proxy_get_metric: ["int", "outLong"],
  proxy_call_foreign_function: ["text", "bytes", "outText"],
};

const ENUMS: Readonly<Partial<Record<Kind, Readonly<Record<number, string>>>>> = {
  map: MapType,
  buffer: BufferType,
  stream: StreamType,
  level: LogLevel,
  metric: MetricType,
};

const MAX_TEXT = 200;

/** Everything that crossed the boundary, one line each: callbacks, the host calls within them, and what both answered. */
export class Trace {
  readonly lines: string[] = [];
  #depth = 0;
  readonly #callbacks: string[] = [];

  constructor(private readonly vm: Vm) {}

  enter(name: string, args: readonly number[], contextId: number): void {
    const [first, ...rest] = args;
    const shown = first === contextId ? [`#${contextId}`, ...rest] : args;
    this.#write(`${name}(${shown.join(", ")})`);
    this.#callbacks.push(name);
    this.#depth += 1;
  }

  leave(result: unknown): void {
    this.#depth -= 1;
    const name = this.#callbacks.pop() ?? "";
    if (typeof result !== "number") return;
    this.#write(`= ${resultOf(name, result)}`);
  }

  hostCall(name: string, args: readonly (number | bigint)[], result: number | void): void {
    const shape = SHAPES[name];
    const status =
      name.startsWith("proxy_") || name.startsWith("envoy_") ? Status[result ?? 0] : String(result);
    const { given, returned } =
      shape === undefined ? { given: args.map(String), returned: [] } : this.#show(shape, args);
    const values = result === Status.Ok && returned.length > 0 ? ` ${returned.join(", ")}` : "";
    this.#write(`${name}(${given.join(", ")}) = ${status}${values}`);
  }

  clear(): void {
    this.lines.length = 0;
  }

  toString(): string {
    return this.lines.join("\n");
  }

  #write(line: string): void {
    this.lines.push("  ".repeat(this.#depth) + line);
  }

  #show(shape: readonly Kind[], args: readonly (number | bigint)[]) {
    const [given, returned]: [string[], string[]] = [[], []];
    let at = 0;
    for (const kind of shape) {
      const value = args[at++] ?? 0;
      const pointer = Number(value);
      if (kind === "text" || kind === "bytes" || kind === "pairs") {
        given.push(this.#octets(kind, pointer, Number(args[at++] ?? 0)));
      } else if (kind === "outText" || kind === "outPairs") {
        const [from, size] = [this.vm.memory.getU32(pointer), this.vm.memory.getU32(Number(args[at++] ?? 0))];
        returned.push(this.#octets(kind === "outPairs" ? "pairs" : "text", from ?? 0, size ?? 0));
      } else if (kind === "outInt") {
        returned.push(String(this.vm.memory.getU32(pointer)));
      } else if (kind === "outLong") {
        const bytes = this.vm.memory.copy(pointer, 8);
        returned.push(bytes === null ? "?" : String(new DataView(bytes.buffer).getBigUint64(0, true)));
      } else {
        given.push(ENUMS[kind]?.[pointer] ?? String(value));
      }
    }
    return { given, returned };
  }

  #octets(kind: "text" | "bytes" | "pairs", pointer: number, size: number): string {
    const bytes = this.vm.memory.copy(pointer, size);
    if (bytes === null) return `${pointer}+${size} (outside of the memory)`;
    if (kind === "bytes") return `${size} bytes`;
    if (kind === "pairs") return JSON.stringify(decodePairs(bytes));
    const text = JSON.stringify(fieldText(bytes));
    return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${size} bytes)` : text;
  }
}

function resultOf(callback: string, result: number): string {
  const names = callback.endsWith("_headers")
    ? HeadersStatus
    : callback.endsWith("_body")
      ? DataStatus
      : undefined;
  return names?.[result] ?? String(result);
}
