import { LogLevel, Status } from "../enums.js";
import { callForeign } from "../foreign.js";
import { toText, utf8 } from "../octets.js";
import type { Vm } from "../vm.js";

/** Log, time, timer, properties, status, effective context, foreign functions. */
export const CONTEXT_CALLS = {
  proxy_log(vm: Vm, level: number, pointer: number, size: number): Status {
    if (!(level in LogLevel)) return Status.BadArgument;
    const message = vm.memory.window(pointer, size);
    if (message === null) return Status.InvalidMemoryAccess;
    vm.log(level, toText(message));
    return Status.Ok;
  },

  proxy_get_log_level(vm: Vm, levelAt: number): Status {
    return vm.memory.setU32(levelAt, vm.host.log.level) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_get_current_time_nanoseconds(vm: Vm, timeAt: number): Status {
    vm.host.clock.look();
    return vm.memory.setU64(timeAt, vm.host.clock.nanoseconds) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_set_tick_period_milliseconds(vm: Vm, milliseconds: number): Status {
    vm.acting?.root.setTickPeriod(milliseconds >>> 0);
    return Status.Ok;
  },

  proxy_get_property(vm: Vm, pathPtr: number, pathSize: number, valueAt: number, sizeAt: number): Status {
    const path = vm.memory.latin1(pathPtr, pathSize);
    if (path === null) return Status.InvalidMemoryAccess;
    const value = vm.acting?.getProperty(path) ?? Status.NotFound;
    if (typeof value === "number") return value;
    return vm.give(value, valueAt, sizeAt) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_set_property(vm: Vm, pathPtr: number, pathSize: number, valuePtr: number, size: number): Status {
    const path = vm.memory.latin1(pathPtr, pathSize);
    const value = vm.memory.copy(valuePtr, size);
    if (path === null || value === null) return Status.InvalidMemoryAccess;
    return vm.acting?.setProperty(path, value) ?? Status.NotFound;
  },

  proxy_get_status(vm: Vm, codeAt: number, messageAt: number, sizeAt: number): Status {
    const root = vm.acting?.root;
    if (!vm.memory.setU32(codeAt, root?.statusCode ?? 0)) return Status.InvalidMemoryAccess;
    return vm.give(utf8(root?.statusMessage ?? ""), messageAt, sizeAt)
      ? Status.Ok
      : Status.InvalidMemoryAccess;
  },

  proxy_set_effective_context(vm: Vm, id: number): Status {
    return vm.setEffective(id >>> 0) ? Status.Ok : Status.BadArgument;
  },

  proxy_done(vm: Vm): Status {
    return vm.pluginDone(vm.acting?.root) ? Status.Ok : Status.NotFound;
  },

  proxy_call_foreign_function(
    vm: Vm,
    ...[namePtr, nameSize, argsPtr, argsSize, resultAt, sizeAt]: [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
  ): Status {
    const name = vm.memory.latin1(namePtr, nameSize);
    const args = vm.memory.copy(argsPtr, argsSize);
    if (name === null || args === null) return Status.InvalidMemoryAccess;
    const answer = callForeign(vm, name, args);
    if (answer === null) return Status.NotFound;
    const { status, result } = answer;
    // An address and a size are written on failure too; memory is asked for whatever the size.
    const pointer = result !== undefined && resultAt !== 0 ? vm.allocate(result.length) : 0;
    if (pointer === null) return Status.InvalidMemoryAccess;
    if (result !== undefined && pointer !== 0) vm.memory.set(pointer, result);
    if (resultAt !== 0 && !vm.memory.setU32(resultAt, pointer)) return Status.InvalidMemoryAccess;
    if (sizeAt !== 0 && !vm.memory.setU32(sizeAt, result?.length ?? 0)) return Status.InvalidMemoryAccess;
    return status;
  },

  envoy_resolve_dns(vm: Vm, namePtr: number, nameSize: number, tokenAt: number): Status {
    const name = vm.memory.latin1(namePtr, nameSize);
    if (name === null || !vm.memory.setU32(tokenAt, 0)) return Status.InvalidMemoryAccess;
    vm.host.unimplemented.add("envoy_resolve_dns");
    return Status.Unimplemented;
  },
};
