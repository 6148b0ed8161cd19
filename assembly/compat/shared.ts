// SPDX-License-Identifier: Apache-2.0
import {
  proxy_dequeue_shared_queue,
  proxy_enqueue_shared_queue,
  proxy_get_shared_data,
  proxy_register_shared_queue,
  proxy_resolve_shared_queue,
  proxy_set_shared_data,
} from "tremula/assembly/abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "tremula/assembly/abi/memory";
import { Bytes } from "tremula/assembly/text/bytes";
import { WasmResultValues } from "./enums";
import { bufferOf } from "./headers";

const CAS: usize = memory.data(4, 4);

export class GetSharedData {
  value: ArrayBuffer | null = null;
  result: WasmResultValues = WasmResultValues.Ok;
  cas: u32 = 0;
}

export class SharedQueueResult {
  result: WasmResultValues = WasmResultValues.Ok;
  token: u32 = 0;
}

export class DequeueSharedQueueResult {
  result: WasmResultValues = WasmResultValues.Ok;
  data: ArrayBuffer | null = null;
}

export function get_shared_data(key: string): GetSharedData {
  const k = Bytes.fromString(key);
  const answer = new GetSharedData();
  clearOut();
  answer.result = proxy_get_shared_data(k.ptr, <usize>k.length, OUT, OUT_SIZE, CAS);
  const value = takeOut();
  if (answer.result == WasmResultValues.Ok) {
    answer.value = bufferOf(value);
    answer.cas = load<u32>(CAS);
  }
  return answer;
}

export function set_shared_data(key: string, value: ArrayBuffer, cas: u32 = 0): WasmResultValues {
  const k = Bytes.fromString(key);
  return proxy_set_shared_data(
    k.ptr,
    <usize>k.length,
    changetype<usize>(value),
    <usize>value.byteLength,
    cas,
  );
}

export function register_shared_queue(queue_name: string): SharedQueueResult {
  const name = Bytes.fromString(queue_name);
  return queueResult(proxy_register_shared_queue(name.ptr, <usize>name.length, OUT));
}

export function resolve_shared_queue(vm_id: string, queue_name: string): SharedQueueResult {
  const vm = Bytes.fromString(vm_id);
  const name = Bytes.fromString(queue_name);
  return queueResult(proxy_resolve_shared_queue(vm.ptr, <usize>vm.length, name.ptr, <usize>name.length, OUT));
}

export function enqueue_shared_queue(token: u32, data: ArrayBuffer): WasmResultValues {
  return proxy_enqueue_shared_queue(token, changetype<usize>(data), <usize>data.byteLength);
}

export function dequeue_shared_queue(token: u32): DequeueSharedQueueResult {
  const answer = new DequeueSharedQueueResult();
  clearOut();
  answer.result = proxy_dequeue_shared_queue(token, OUT, OUT_SIZE);
  const data = takeOut();
  if (answer.result == WasmResultValues.Ok) answer.data = bufferOf(data);
  return answer;
}

function queueResult(result: WasmResultValues): SharedQueueResult {
  const answer = new SharedQueueResult();
  answer.result = result;
  if (result == WasmResultValues.Ok) answer.token = load<u32>(OUT);
  return answer;
}
