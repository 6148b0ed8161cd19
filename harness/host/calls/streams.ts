import { Status, StreamType } from "../enums.js";
import { decodePairs } from "../pairs.js";
import { toText } from "../octets.js";
import type { Vm } from "../vm.js";

const MAX_GRPC_STATUS = 16;

export const STREAM_CALLS = {
  proxy_continue_stream(vm: Vm, type: number): Status {
    if (!isStream(type)) return Status.BadArgument;
    return vm.acting?.continueStream(type) ?? Status.Ok;
  },

  proxy_close_stream(vm: Vm, type: number): Status {
    if (!isStream(type)) return Status.BadArgument;
    return vm.acting?.closeStream(type) ?? Status.Ok;
  },

  proxy_send_local_response(
    vm: Vm,
    status: number,
    ...[detailsPtr, detailsSize, bodyPtr, bodySize, headersPtr, headersSize, grpcStatus]: [
      ...[number, number, number, number, number, number, number],
    ]
  ): Status {
    const details = vm.memory.copy(detailsPtr, detailsSize);
    const body = vm.memory.copy(bodyPtr, bodySize);
    const headers = vm.memory.copy(headersPtr, headersSize);
    if (details === null || body === null || headers === null) return Status.InvalidMemoryAccess;
    vm.acting?.sendLocalResponse({
      status: status >>> 0,
      details: toText(details).replace(/\s/g, "_"),
      body,
      headers: decodePairs(headers).map(([name, value]) => [name.toLowerCase(), value] as const),
      grpcStatus: grpcStatus >= 0 && grpcStatus <= MAX_GRPC_STATUS ? grpcStatus : undefined,
    });
    // Of the VM, not of the stream: the callback that runs is stopped even when it was another's.
    vm.nextIterationStopped = true;
    return Status.Ok;
  },
};

function isStream(type: number): type is StreamType {
  return type in StreamType;
}
