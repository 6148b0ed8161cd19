import type { Vm } from "../vm.js";
import { BODY_CALLS } from "./buffers.js";
import { CALLOUT_CALLS } from "./callouts.js";
import { CONTEXT_CALLS } from "./contexts.js";
import { GRPC_CALLS } from "./grpc.js";
import { HEADER_CALLS } from "./headers.js";
import { METRIC_CALLS } from "./metrics.js";
import { SHARED_CALLS } from "./shared.js";
import { STREAM_CALLS } from "./streams.js";

/** A host function: what the module gave, as WebAssembly has it (i32 signed, i64 as bigint). */
export type HostCall = (vm: Vm, ...args: never[]) => number | void;

/** What Envoy links in module `env` for ABI 0.2.0 and 0.2.1. */
export const HOST_CALLS: Readonly<Record<string, HostCall>> = {
  ...CONTEXT_CALLS,
  ...HEADER_CALLS,
  ...BODY_CALLS,
  ...STREAM_CALLS,
  ...CALLOUT_CALLS,
  ...GRPC_CALLS,
  ...SHARED_CALLS,
  ...METRIC_CALLS,
};
