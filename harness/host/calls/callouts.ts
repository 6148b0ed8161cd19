import { Callout } from "../callout.js";
import { Status } from "../enums.js";
import { decodePairs, mapOfPairs } from "../pairs.js";
import type { Vm } from "../vm.js";

const CALL_ID_STEP = 4;

export const CALLOUT_CALLS = {
  proxy_http_call(
    vm: Vm,
    ...[upstreamPtr, upstreamSize, headersPtr, headersSize, bodyPtr, bodySize, ...rest]: [
      ...[number, number, number, number, number, number, number, number, number, number],
    ]
  ): Status {
    const [trailersPtr, trailersSize, timeoutMs, idAt] = rest;
    const upstream = vm.memory.latin1(upstreamPtr, upstreamSize);
    const headerBlock = vm.memory.copy(headersPtr, headersSize);
    const body = vm.memory.copy(bodyPtr, bodySize);
    const trailerBlock = vm.memory.copy(trailersPtr, trailersSize);
    if (upstream === null || headerBlock === null || body === null || trailerBlock === null) {
      return Status.InvalidMemoryAccess;
    }
    // Written on failure too, as 0.
    if (!vm.memory.setU32(idAt, 0)) return Status.InvalidMemoryAccess;
    const root = vm.acting?.root;
    const headers = mapOfPairs(decodePairs(headerBlock), "request");
    const complete = [":path", ":method", ":authority"].every((name) => headers.has(name));
    if (root === undefined || timeoutMs < 0 || !complete || !vm.host.hasCluster(upstream)) {
      return Status.BadArgument;
    }
    if (vm.host.emptyClusters.has(upstream)) return Status.InternalFailure;
    if (body.length > 0) headers.set("content-length", String(body.length));
    const trailers = decodePairs(trailerBlock);
    const id = (vm.lastCallId.http += CALL_ID_STEP);
    const callout = new Callout(root, id, {
      upstream,
      headers,
      body,
      trailers: trailers.length > 0 ? mapOfPairs(trailers, "trailers") : null,
      timeoutMs,
    });
    root.callouts.set(id, callout);
    vm.host.calloutAnswers.arrange(callout);
    vm.memory.setU32(idAt, id);
    return Status.Ok;
  },
};
