// SPDX-License-Identifier: Apache-2.0
import { effectiveContext, makeEffective } from "tremula/assembly/abi/callback";
import { BufferType, GrpcStatus } from "tremula/assembly/abi/enums";
import {
  proxy_get_property,
  proxy_set_property,
  proxy_set_tick_period_milliseconds,
} from "tremula/assembly/abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "tremula/assembly/abi/memory";
import { ContextKind } from "tremula/assembly/context/context";
import { HttpContext } from "tremula/assembly/context/http";
import { find } from "tremula/assembly/context/table";
import { HostBuffer } from "tremula/assembly/host/body";
import { callForeignFunction } from "tremula/assembly/host/foreign";
import { LocalResponse } from "tremula/assembly/host/local-response";
import { log as logText, LogLevel } from "tremula/assembly/host/log";
import { currentTimeNanoseconds } from "tremula/assembly/host/time";
import { Bytes } from "tremula/assembly/text/bytes";
import { BufferTypeValues, GrpcStatusValues, LogLevelValues, WasmResultValues } from "./enums";
import { bufferOf, Headers, toList } from "./headers";

export function log(level: LogLevelValues, msg: string): void {
  logText(<LogLevel>level, msg);
}

/** On the HTTP stream whose callback runs, or that was made effective; `BadArgument` where there is none. */
export function continue_request(): WasmResultValues {
  const stream = currentStream();
  return stream !== null ? <WasmResultValues>stream.continueRequest() : WasmResultValues.BadArgument;
}

export function continue_response(): WasmResultValues {
  const stream = currentStream();
  return stream !== null ? <WasmResultValues>stream.continueResponse() : WasmResultValues.BadArgument;
}

/** A second answer to the same stream is refused. */
export function send_local_response(
  response_code: u32,
  response_code_details: string,
  body: ArrayBuffer,
  additional_headers: Headers,
  grpc_status: GrpcStatusValues,
): WasmResultValues {
  const stream = currentStream();
  if (stream === null) return WasmResultValues.BadArgument;
  const response = new LocalResponse(response_code);
  response.details = Bytes.fromString(response_code_details);
  response.body = Bytes.fromBuffer(body);
  response.headers = toList(additional_headers);
  response.grpcStatus = <GrpcStatus>grpc_status;
  return <WasmResultValues>stream.sendLocalResponse(response);
}

export function send_http_response(
  response_code: u32,
  response_code_details: string,
  body: ArrayBuffer,
  additional_headers: Headers,
): WasmResultValues {
  return send_local_response(
    response_code,
    response_code_details,
    body,
    additional_headers,
    GrpcStatusValues.InvalidCode,
  );
}

export function proxy_set_effective_context(_id: u32): WasmResultValues {
  return makeEffective(_id) ? WasmResultValues.Ok : WasmResultValues.BadArgument;
}

/** @param path as the ABI has it: its parts joined by a NUL. @returns no octets for an absent property */
export function get_property(path: string): ArrayBuffer {
  const p = Bytes.fromString(path);
  clearOut();
  const status = proxy_get_property(p.ptr, <usize>p.length, OUT, OUT_SIZE);
  const value = takeOut();
  return bufferOf(status == WasmResultValues.Ok ? value : null);
}

export function set_property(path: string, data: ArrayBuffer): WasmResultValues {
  const p = Bytes.fromString(path);
  return proxy_set_property(p.ptr, <usize>p.length, changetype<usize>(data), <usize>data.byteLength);
}

export function set_tick_period_milliseconds(millisecond: u32): void {
  proxy_set_tick_period_milliseconds(millisecond);
}

export function get_current_time_nanoseconds(): u64 {
  return currentTimeNanoseconds();
}

/** No octets where there is no such buffer. */
export function get_buffer_bytes(typ: BufferTypeValues, start: u32, length: u32): ArrayBuffer {
  return bufferOf(
    new HostBuffer(<BufferType>typ).get(<i32>min(start, i32.MAX_VALUE), <i32>min(length, i32.MAX_VALUE)),
  );
}

/** No octets when the host has no such function or it fails. */
export function call_foreign_function(function_name: string, argument: string): ArrayBuffer {
  return bufferOf(callForeignFunction(function_name, argument));
}

function currentStream(): HttpContext | null {
  const context = find(effectiveContext());
  return context !== null && context._kind == ContextKind.Http ? changetype<HttpContext>(context) : null;
}
