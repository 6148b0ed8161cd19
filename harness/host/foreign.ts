import { Status } from "./enums.js";
import { toText } from "./octets.js";
import { boolField, bytesField, readMessage, textField } from "./protobuf.js";
import { builtinModule } from "./platform.js";
import { type CryptoLibrary, sign, verifySignature } from "./signature.js";
import type { Vm } from "./vm.js";
import { compress, uncompress } from "./zlib.js";

/** What a foreign function answers: a result, a status, or both. */
export type ForeignAnswer =
  Uint8Array | Status | { readonly status: Status; readonly result: Uint8Array } | void;

/** A foreign function that a test gives the host. `contextId` is the context whose callback calls it. */
export type ForeignFunction = (args: Uint8Array, contextId: number) => ForeignAnswer;

interface Answer {
  readonly status: Status;
  readonly result?: Uint8Array;
}

/** For functions of Envoy's that need what is not there: cryptography, which browsers do not do at once, or CEL. */
const UNIMPLEMENTED = Symbol("unimplemented");

/**
 * Filter state that Envoy can make from octets. Others are NotFound there.
 */
const FILTER_STATE_FACTORIES = new Set([
  "envoy.tcp_proxy.cluster",
  "envoy.tcp_proxy.disable_tunneling",
  "envoy.tcp_proxy.per_connection_idle_timeout_ms",
  "envoy.network.upstream_server_name",
  "envoy.network.application_protocols",
  "envoy.network.upstream_subject_alt_names",
  "envoy.network.transport_socket.original_dst_address",
  "envoy.filters.listener.original_dst.local_ip",
  "envoy.filters.listener.original_dst.remote_ip",
  "envoy.upstream.dynamic_host",
  "envoy.upstream.dynamic_port",
  "envoy.ratelimit.hits_addend",
  "envoy.string",
  "envoy.hashable_string",
]);

/** Null when there is no function of that name. */
export function callForeign(vm: Vm, name: string, args: Uint8Array): Answer | null {
  const given = vm.host.foreignFunctions[name];
  if (given !== undefined) return answerOf(given(args, vm.current?.id ?? 0));
  const own = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (own === undefined) return null;
  const answer = own(vm, args);
  if (answer !== UNIMPLEMENTED) return answerOf(answer);
  vm.host.unimplemented.add(name);
  return { status: Status.Unimplemented };
}

function answerOf(answer: ForeignAnswer): Answer {
  if (answer === undefined) return { status: Status.Ok };
  if (typeof answer === "number") return { status: answer };
  return answer instanceof Uint8Array ? { status: Status.Ok, result: answer } : answer;
}

// Filter state and routes are those of the effective context; properties are declared and expressions evaluated for the
// context whose callback runs. So did stock Envoy 1.40.0; older ones may not look at the effective context.
const BUILT_IN: Readonly<Record<string, (vm: Vm, args: Uint8Array) => ForeignAnswer | typeof UNIMPLEMENTED>> =
  {
    compress(_, args) {
      const zlib = builtinModule<{ deflateSync(data: Uint8Array): Uint8Array }>("node:zlib");
      return zlib?.deflateSync(args) ?? compress(args);
    },

    uncompress: (_, args) => uncompress(args) ?? Status.SerializationFailure,

    clear_route_cache: (vm) => vm.acting?.clearRouteCache(),

    set_envoy_filter_state(vm, args) {
      const message = readMessage(args);
      if (message === null) return Status.BadArgument;
      const path = textField(message, 1) ?? "";
      const value = bytesField(message, 2) ?? new Uint8Array(0);
      if (!FILTER_STATE_FACTORIES.has(path) && !vm.host.filterStateFactories.has(path))
        return Status.NotFound;
      const stream = vm.acting?.streamInfo ?? null;
      stream?.setFilterState(path, value);
      return stream === null ? Status.NotFound : Status.Ok;
    },

    declare_property(vm, args) {
      const message = readMessage(args);
      if (message === null) return Status.BadArgument;
      const name = textField(message, 1) ?? "";
      // Kept per context, and looked up in the plugin's: one that a stream declares is never found again.
      const prototypes = vm.current?.ownPrototypes;
      if (prototypes === undefined || prototypes.has(name)) return Status.BadArgument;
      prototypes.set(name, { readOnly: boolField(message, 2) });
      return Status.Ok;
    },

    expr_create(vm, args) {
      if (vm.host.cel === null) return UNIMPLEMENTED;
      const token = vm.current?.root.expressions.create(vm.host.cel, toText(args)) ?? null;
      return token === null ? Status.BadArgument : new Uint8Array(new Uint32Array([token]).buffer);
    },

    expr_evaluate(vm, args) {
      if (vm.host.cel === null) return UNIMPLEMENTED;
      if (args.length !== 4 || vm.current === null) return Status.BadArgument;
      return vm.current.root.expressions.evaluate(vm.host.cel, tokenOf(args), vm.current);
    },

    expr_delete(vm, args) {
      if (vm.host.cel === null) return UNIMPLEMENTED;
      if (args.length !== 4) return Status.BadArgument;
      vm.current?.root.expressions.delete(tokenOf(args));
    },

    verify_signature(_, args) {
      const crypto = builtinModule<CryptoLibrary>("node:crypto");
      return crypto === null ? UNIMPLEMENTED : verifySignature(crypto, args);
    },

    sign(_, args) {
      const crypto = builtinModule<CryptoLibrary>("node:crypto");
      return crypto === null ? UNIMPLEMENTED : sign(crypto, args);
    },
  };

function tokenOf(args: Uint8Array): number {
  return new DataView(args.buffer, args.byteOffset).getUint32(0, true);
}
