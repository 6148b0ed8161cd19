import { Status } from "../enums.js";
import type { Vm } from "../vm.js";

/** Shared data and shared queues: of the whole host, told apart by `vm_id`. */
export const SHARED_CALLS = {
  proxy_get_shared_data(
    vm: Vm,
    ...[keyPtr, keySize, valueAt, sizeAt, casAt]: [number, number, number, number, number]
  ): Status {
    const key = vm.memory.latin1(keyPtr, keySize);
    if (key === null) return Status.InvalidMemoryAccess;
    const value = vm.host.sharedData.get(vm.vmId, key);
    if (value === undefined) return Status.NotFound;
    const written = vm.give(value.bytes, valueAt, sizeAt) && vm.memory.setU32(casAt, value.cas);
    return written ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_set_shared_data(
    vm: Vm,
    ...[keyPtr, keySize, valuePtr, valueSize, cas]: [number, number, number, number, number]
  ): Status {
    const key = vm.memory.latin1(keyPtr, keySize);
    const value = vm.memory.copy(valuePtr, valueSize);
    if (key === null || value === null) return Status.InvalidMemoryAccess;
    return vm.host.sharedData.set(vm.vmId, key, value, cas >>> 0);
  },

  proxy_register_shared_queue(vm: Vm, namePtr: number, nameSize: number, idAt: number): Status {
    const name = vm.memory.latin1(namePtr, nameSize);
    if (name === null) return Status.InvalidMemoryAccess;
    const root = vm.acting?.root;
    // Readiness reaches the plugin from the event loop, never inside another call.
    const notify = (id: number) => vm.host.post(() => root?.queueReady(id));
    const id = vm.host.sharedQueues.register(vm.vmId, name, notify);
    return vm.memory.setU32(idAt, id) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_resolve_shared_queue(
    vm: Vm,
    ...[vmIdPtr, vmIdSize, namePtr, nameSize, idAt]: [number, number, number, number, number]
  ): Status {
    const vmId = vm.memory.latin1(vmIdPtr, vmIdSize);
    const name = vm.memory.latin1(namePtr, nameSize);
    if (vmId === null || name === null) return Status.InvalidMemoryAccess;
    const id = vm.host.sharedQueues.resolve(vmId === "" ? vm.vmId : vmId, name);
    if (id === 0) return Status.NotFound;
    return vm.memory.setU32(idAt, id) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_enqueue_shared_queue(vm: Vm, id: number, valuePtr: number, valueSize: number): Status {
    const value = vm.memory.copy(valuePtr, valueSize);
    if (value === null) return Status.InvalidMemoryAccess;
    return vm.host.sharedQueues.enqueue(id >>> 0, value);
  },

  proxy_dequeue_shared_queue(vm: Vm, id: number, valueAt: number, sizeAt: number): Status {
    const value = vm.host.sharedQueues.dequeue(id >>> 0);
    if (typeof value === "number") return value;
    return vm.give(value, valueAt, sizeAt) ? Status.Ok : Status.InvalidMemoryAccess;
  },
};
