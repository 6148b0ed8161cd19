import { BufferType, Status } from "../enums.js";
import type { Vm } from "../vm.js";

export const BODY_CALLS = {
  proxy_get_buffer_bytes(
    vm: Vm,
    type: number,
    ...[start, max, dataAt, sizeAt]: [number, number, number, number]
  ): Status {
    if (!isBuffer(type)) return Status.BadArgument;
    const buffer = vm.acting?.buffer(type) ?? null;
    if (buffer === null) return Status.NotFound;
    const [from, length] = [start >>> 0, max >>> 0];
    // What lies beyond the end is nothing, not an error.
    const part = length === 0 ? new Uint8Array(0) : buffer.bytes().subarray(from, from + length);
    return vm.give(part, dataAt, sizeAt) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_get_buffer_status(vm: Vm, type: number, sizeAt: number, flagsAt: number): Status {
    if (!isBuffer(type)) return Status.BadArgument;
    const buffer = vm.acting?.buffer(type) ?? null;
    if (buffer === null) return Status.NotFound;
    const written = vm.memory.setU32(sizeAt, buffer.size) && vm.memory.setU32(flagsAt, 0);
    return written ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_set_buffer_bytes(
    vm: Vm,
    type: number,
    ...[start, length, dataPtr, dataSize]: [number, number, number, number]
  ): Status {
    if (!isBuffer(type)) return Status.BadArgument;
    const buffer = vm.acting?.buffer(type) ?? null;
    if (buffer === null) return Status.NotFound;
    const data = vm.memory.copy(dataPtr, dataSize);
    if (data === null) return Status.InvalidMemoryAccess;
    return buffer.write(start >>> 0, length >>> 0, data);
  },
};

function isBuffer(type: number): type is BufferType {
  return type in BufferType;
}
