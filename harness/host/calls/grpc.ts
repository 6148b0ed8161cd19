import { GrpcStatus, Status } from "../enums.js";
import { GrpcCall, type GrpcRequest } from "../grpc.js";
import { toLatin1, toText } from "../octets.js";
import { decodePairs, mapOfPairs } from "../pairs.js";
import { readMessage, textField } from "../protobuf.js";
import type { RootContext } from "../root-context.js";
import type { Vm } from "../vm.js";

const CALL_ID_STEP = 4;
const TYPE_MASK = 3;
const CALL_TYPE = 1;
const STREAM_TYPE = 2;

/** Pointers and sizes of upstream, service, method and initial metadata, which both openings begin with. */
type Head = [number, number, number, number, number, number, number, number];

export const GRPC_CALLS = {
  proxy_grpc_call(
    vm: Vm,
    ...args: [...Head, messagePtr: number, messageSize: number, timeoutMs: number, idAt: number]
  ): Status {
    const [messagePtr, messageSize, timeoutMs, idAt] = args.slice(8) as [number, number, number, number];
    const message = vm.memory.copy(messagePtr, messageSize);
    if (message === null) return Status.InvalidMemoryAccess;
    const opened = open(vm, "call", args.slice(0, 8) as Head, timeoutMs);
    if (typeof opened === "number") return opened;
    opened.sent.push({ message, endStream: true });
    return vm.memory.setU32(idAt, opened.id) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_grpc_stream(vm: Vm, ...args: [...Head, idAt: number]): Status {
    const opened = open(vm, "stream", args.slice(0, 8) as Head, 0);
    if (typeof opened === "number") return opened;
    return vm.memory.setU32(args[8], opened.id) ? Status.Ok : Status.InvalidMemoryAccess;
  },

  proxy_grpc_send(vm: Vm, id: number, messagePtr: number, messageSize: number, endStream: number): Status {
    const message = vm.memory.copy(messagePtr, messageSize);
    if (message === null) return Status.InvalidMemoryAccess;
    if ((id & TYPE_MASK) !== STREAM_TYPE) return Status.BadArgument;
    const call = vm.acting?.root.grpcCalls.get(id);
    call?.sent.push({ message, endStream: endStream !== 0 });
    return call === undefined ? Status.NotFound : Status.Ok;
  },

  /** Ends the call or stream at once; nothing of it is delivered any more. */
  proxy_grpc_cancel(vm: Vm, id: number): Status {
    return withCall(vm, id, (root, call) => {
      call.canceled = true;
      root.grpcCalls.delete(id);
    });
  },

  /** Closes our half of a stream; a call is cancelled by it. */
  proxy_grpc_close(vm: Vm, id: number): Status {
    return withCall(vm, id, (root, call) => {
      if (call.request.kind === "stream") return call.closeLocal();
      call.canceled = true;
      root.grpcCalls.delete(id);
    });
  },
};

function withCall(vm: Vm, id: number, action: (root: RootContext, call: GrpcCall) => void): Status {
  if (![CALL_TYPE, STREAM_TYPE].includes(id & TYPE_MASK)) return Status.BadArgument;
  const root = vm.acting?.root;
  const call = root?.grpcCalls.get(id);
  if (root === undefined || call === undefined) return Status.NotFound;
  action(root, call);
  return Status.Ok;
}

function open(vm: Vm, kind: GrpcRequest["kind"], head: Head, timeoutMs: number): GrpcCall | Status {
  const parts = [0, 2, 4, 6].map((at) => vm.memory.copy(head[at]!, head[at + 1]!));
  const [upstream, service, method, metadata] = parts;
  if (!upstream || !service || !method || !metadata) return Status.InvalidMemoryAccess;
  const root = vm.acting?.root;
  if (root === undefined) return Status.BadArgument;
  const target = clusterOf(upstream);
  if (!target.byProto && !vm.host.hasCluster(target.cluster)) return Status.ParseFailure;
  const id =
    kind === "call" ? (vm.lastCallId.grpcCall += CALL_ID_STEP) : (vm.lastCallId.grpcStream += CALL_ID_STEP);
  if (!vm.host.hasCluster(target.cluster) || vm.host.emptyClusters.has(target.cluster)) {
    // The module never sees this id as a result, and is told all the same that it is closed.
    vm.afterCall(() => root.grpcClosed(id, GrpcStatus.Unavailable, "Cluster not available"));
    return Status.InternalFailure;
  }
  const call = new GrpcCall(root, id, {
    kind,
    upstream: target.cluster,
    service: toText(service),
    method: toText(method),
    initialMetadata: mapOfPairs(decodePairs(metadata), "request"),
    timeoutMs,
  });
  root.grpcCalls.set(id, call);
  return call;
}

/** The upstream is an `envoy.config.core.v3.GrpcService`, or else the name of a cluster. */
function clusterOf(upstream: Uint8Array): { cluster: string; byProto: boolean } {
  const envoyGrpc = readMessage(upstream)?.get(1)?.at(-1);
  const inner = envoyGrpc instanceof Uint8Array ? readMessage(envoyGrpc) : null;
  const cluster = inner === null ? undefined : textField(inner, 1);
  return cluster === undefined ? { cluster: toLatin1(upstream), byProto: false } : { cluster, byProto: true };
}
