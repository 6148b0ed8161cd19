import { type Clock, GrpcStatus, type GrpcCall } from "../host/index.js";

/** What the way there and back takes; of the host's clock. */
const ROUND_TRIP_MS = 1;

interface Served {
  /** Messages that the server has taken. */
  taken: Uint8Array[];
  ended: boolean;
}

const served = new WeakMap<GrpcCall, Served>();

/**
 * The gRPC server of the conformance cases (`startGrpc`) without a server: same service, same methods.
 *
 * @returns false when there is nothing new that it has to see to
 */
export function serveGrpc(call: GrpcCall, clock: Clock): boolean {
  const known = served.get(call);
  const state = known ?? { taken: [], ended: false };
  served.set(call, state);
  const fresh = call.sent.slice(state.taken.length);
  const ends = !state.ended && (call.localClosed || fresh.some(({ endStream }) => endStream));
  if (known !== undefined && fresh.length === 0 && !ends) return false;
  state.taken.push(...fresh.map(({ message }) => message));
  state.ended ||= ends;
  const react = (): void => {
    if (known === undefined) opened(call);
    for (const { message } of fresh) if (method(call) === "Chat") deliver(call, message);
    if (ends) finish(call, Buffer.concat(state.taken));
  };
  clock.after(ROUND_TRIP_MS, react);
  return true;
}

function method({ request }: GrpcCall): string {
  return request.service === "tremula.Echo" ? request.method : "";
}

function opened(call: GrpcCall): void {
  const { kind, initialMetadata } = call.request;
  if (kind === "call" || !call.pending) return;
  const echoed = initialMetadata.get("x-echo");
  call.receiveInitialMetadata([
    [":status", "200"],
    ["content-type", "application/grpc"],
    ...(echoed === undefined ? [] : [["x-echo", echoed] as const]),
  ]);
}

function finish(call: GrpcCall, collected: Uint8Array): void {
  if (method(call) === "Never") return;
  if (method(call) === "") return close(call, GrpcStatus.Unimplemented, "");
  if (method(call) === "Fail") return close(call, GrpcStatus.PermissionDenied, "not today");
  const times = { Unary: 1, Collect: 1, Repeat: 3 }[method(call)] ?? 0;
  for (let i = 0; i < times; i++) deliver(call, collected);
  // A call that ends well without a message has failed.
  close(call, call.request.kind === "call" ? GrpcStatus.Internal : GrpcStatus.Ok, "");
}

function deliver(call: GrpcCall, message: Uint8Array): void {
  if (call.pending) call.receive(message);
}

function close(call: GrpcCall, status: GrpcStatus, message: string): void {
  if (!call.pending) return;
  const echoed = call.request.initialMetadata.get("x-echo-end");
  if (call.request.kind === "stream") {
    call.receiveTrailingMetadata([
      ["grpc-status", String(status)],
      ...(message === "" ? [] : [["grpc-message", message] as const]),
      ...(echoed === undefined ? [] : [["x-echo-end", echoed] as const]),
    ]);
  }
  // Envoy puts its response code details behind what the server said.
  if (call.pending) call.close(status, message === "" ? "via_upstream" : `${message}{via_upstream}`);
}
