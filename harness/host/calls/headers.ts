import { MapType, Status } from "../enums.js";
import { decodePairs, encodePairs } from "../pairs.js";
import type { Vm } from "../vm.js";

/** Envoy: Context::getHeaderMapValue and its siblings. A change outside a map's phase is a BadArgument. */
export const HEADER_CALLS = {
  proxy_get_header_map_value(
    vm: Vm,
    type: number,
    ...[keyPtr, keySize, valueAt, sizeAt]: [number, number, number, number]
  ): Status {
    if (!isMap(type)) return Status.BadArgument;
    const key = vm.memory.latin1(keyPtr, keySize);
    if (key === null) return Status.InvalidMemoryAccess;
    const context = vm.acting;
    const map = context?.constMap(type) ?? null;
    if (map === null) return context?.logging ? Status.NotFound : Status.BadArgument;
    const value = map.get(key);
    if (value === undefined) return Status.NotFound;
    return vm.give(value, valueAt, sizeAt) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_get_header_map_pairs(vm: Vm, type: number, pairsAt: number, sizeAt: number): Status {
    if (!isMap(type)) return Status.BadArgument;
    const pairs = vm.acting?.constMap(type)?.pairs() ?? [];
    const block = pairs.length === 0 ? new Uint8Array(0) : encodePairs(pairs);
    return vm.give(block, pairsAt, sizeAt) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_get_header_map_size(vm: Vm, type: number, sizeAt: number): Status {
    if (!isMap(type)) return Status.BadArgument;
    const map = vm.acting?.map(type) ?? null;
    if (map === null) return Status.BadArgument;
    return vm.memory.setU32(sizeAt, map.byteSize) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_set_header_map_pairs(vm: Vm, type: number, pointer: number, size: number): Status {
    if (!isMap(type)) return Status.BadArgument;
    const block = vm.memory.copy(pointer, size);
    if (block === null) return Status.InvalidMemoryAccess;
    const map = vm.acting?.map(type) ?? null;
    if (map === null) return Status.BadArgument;
    // A list over the limits is read as an empty one: the map is then empty, and the answer is Ok.
    map.clear();
    for (const [name, value] of decodePairs(block)) map.add(name, value);
    return Status.Ok;
  },

  proxy_add_header_map_value(
    vm: Vm,
    type: number,
    ...[keyPtr, keySize, valuePtr, valueSize]: [number, number, number, number]
  ): Status {
    return change(vm, type, keyPtr, keySize, valuePtr, valueSize, "add");
  },

  proxy_replace_header_map_value(
    vm: Vm,
    type: number,
    ...[keyPtr, keySize, valuePtr, valueSize]: [number, number, number, number]
  ): Status {
    return change(vm, type, keyPtr, keySize, valuePtr, valueSize, "set");
  },

  proxy_remove_header_map_value(vm: Vm, type: number, keyPtr: number, keySize: number): Status {
    if (!isMap(type)) return Status.BadArgument;
    const key = vm.memory.latin1(keyPtr, keySize);
    if (key === null) return Status.InvalidMemoryAccess;
    const map = vm.acting?.map(type) ?? null;
    map?.remove(key);
    return map === null ? Status.BadArgument : Status.Ok;
  },
};

function change(
  vm: Vm,
  type: number,
  ...[keyPtr, keySize, valuePtr, valueSize, how]: [number, number, number, number, "add" | "set"]
): Status {
  if (!isMap(type)) return Status.BadArgument;
  const key = vm.memory.latin1(keyPtr, keySize);
  const value = vm.memory.latin1(valuePtr, valueSize);
  if (key === null || value === null) return Status.InvalidMemoryAccess;
  const map = vm.acting?.map(type) ?? null;
  map?.[how](key, value);
  return map === null ? Status.BadArgument : Status.Ok;
}

function isMap(type: number): type is MapType {
  return type in MapType;
}
