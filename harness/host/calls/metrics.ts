import { Status } from "../enums.js";
import { toText } from "../octets.js";
import type { Vm } from "../vm.js";

export const METRIC_CALLS = {
  proxy_define_metric(vm: Vm, type: number, namePtr: number, nameSize: number, idAt: number): Status {
    const name = vm.memory.window(namePtr, nameSize);
    if (name === null) return Status.InvalidMemoryAccess;
    const id = vm.metrics.define(type >>> 0, toText(name));
    if (id === null) return Status.BadArgument;
    return vm.memory.setU32(idAt, id) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_increment_metric(vm: Vm, id: number, delta: bigint): Status {
    return vm.metrics.increment(id >>> 0, delta);
  },

  proxy_record_metric(vm: Vm, id: number, value: bigint): Status {
    return vm.metrics.record(id >>> 0, BigInt.asUintN(64, value));
  },

  proxy_get_metric(vm: Vm, id: number, valueAt: number): Status {
    const value = vm.metrics.get(id >>> 0);
    if (typeof value === "number") return value;
    return vm.memory.setU64(valueAt, value) ? Status.Ok : Status.InvalidMemoryAccess;
  },
};
