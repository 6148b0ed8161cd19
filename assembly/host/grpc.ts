// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { proxy_grpc_cancel } from "../abi/imports";
import { OUT } from "../abi/memory";
import { PairList } from "../abi/wire";
import { Bytes } from "../text/bytes";
import { ProtobufReader } from "../protobuf/reader";
import { WireType } from "../protobuf/wire-type";
import { ProtobufWriter } from "../protobuf/writer";
import { Callout, InFlight, noteFailure } from "./callout";

// Fields of GrpcService and EnvoyGrpc (api/envoy/config/core/v3/grpc_service.proto).
const ENVOY_GRPC: i32 = 1;
const GOOGLE_GRPC: i32 = 2;
const ENVOY_GRPC_CLUSTER: i32 = 1;

/**
 * What `GrpcCall` and `GrpcStream` have in common. Send it with `dispatch` of a context; what comes of it goes to that
 * context's `onGrpcMessage` and `onGrpcClose`. When the context goes, it is canceled.
 */
export abstract class GrpcCallout extends Callout {
  /** Name of a cluster that speaks HTTP/2. */
  cluster: Bytes;
  /** A serialized `envoy.config.core.v3.GrpcService`, for more than a cluster's name; goes before `cluster` if not empty. */
  grpcService: Bytes = Bytes.EMPTY;
  /** With its package: `helloworld.Greeter`. */
  service: Bytes;
  /** The bare name of the method. */
  method: Bytes;
  /** Initial metadata. */
  metadata: PairList = new PairList();

  /** What is known as octets only, such as a cluster from the configuration, goes through `with…` or into the fields. */
  constructor(cluster: string = "", service: string = "", method: string = "") {
    super();
    this.cluster = Bytes.of(cluster);
    this.service = Bytes.of(service);
    this.method = Bytes.of(method);
  }

  /** @param cluster a string, `Bytes` or a `ByteWriter`, which is copied */
  withCluster<C>(cluster: C): GrpcCallout {
    this.cluster = Bytes.kept<C>(cluster);
    return this;
  }

  /** The service with its package, and its method. */
  withMethod<S, M>(service: S, method: M): GrpcCallout {
    this.service = Bytes.kept<S>(service);
    this.method = Bytes.kept<M>(method);
    return this;
  }

  /** Adds a pair to the initial metadata. */
  withMetadata<N, V>(name: N, value: V): GrpcCallout {
    this.metadata.add<N, V>(name, value);
    return this;
  }

  /** @internal */
  _start(contextId: u32): Status {
    const problem = this._problem();
    if (problem.length > 0) return this._refuse("gRPC call", problem, Status.BadArgument);
    const metadata = this.metadata.encode();
    if (metadata === null) {
      return this._refuse("gRPC call", `its metadata: ${this.metadata.problem}`, Status.BadArgument);
    }
    store<u32>(OUT, 0);
    const status = this._open(this._target(), metadata);
    if (status == Status.InternalFailure) noteFailure();
    if (status != Status.Ok) return this._refuse("gRPC call", this._reasonOf(status), status);
    // Without the callbacks that end it nothing would take it off the list.
    if (!heard) return Status.Ok;
    this._token = load<u32>(OUT);
    this._contextId = contextId;
    grpcCallouts.add(this);
    return Status.Ok;
  }

  /** @internal */
  _abandon(answered: bool): void {
    grpcCallouts.remove(this);
    this._reset();
  }

  /** Ends it, without a word to the service; nothing comes of it any more. `BadArgument` when it is over. */
  cancel(): Status {
    if (!this.pending) return Status.BadArgument;
    grpcCallouts.remove(this);
    this._release();
    return this._reset();
  }

  /** @internal Lets the host forget it. */
  protected _reset(): Status {
    return proxy_grpc_cancel(this._token);
  }

  /** @internal It is over. */
  _finish(): void {
    grpcCallouts.remove(this);
    this._release();
  }

  /** @internal Asks the host, which stores a token in `OUT`. */
  protected abstract _open(target: Bytes, metadata: ArrayBuffer): Status;

  /**
   * Always a message, never a mere name: Envoy takes for a GrpcService whatever can be read as one, a cluster called "empty"
   * for instance, and aborts when it names no upstream (source/common/grpc/async_client_manager_impl.cc, "unset oneof").
   */
  private _target(): Bytes {
    if (!this.grpcService.isEmpty) return this.grpcService;
    const envoyGrpc = new ProtobufWriter().bytes(ENVOY_GRPC_CLUSTER, this.cluster);
    return new ProtobufWriter().message(ENVOY_GRPC, envoyGrpc).toBytes();
  }

  /** @internal Why the host must not get it; empty when it may. */
  protected _problem(): string {
    if (this.pending) return "it is under way already";
    if (this.grpcService.isEmpty) {
      if (this.cluster.isEmpty) return "no cluster is named";
    } else if (!namesUpstream(this.grpcService)) {
      return "its GrpcService names no upstream";
    }
    if (this.service.isEmpty || this.method.isEmpty) return "its service or method is empty";
    return "";
  }

  /** Envoy: source/extensions/common/wasm/context.cc, grpcCall and grpcStream. */
  private _reasonOf(status: Status): string {
    if (status == Status.BadArgument) return "Envoy cannot use its GrpcService";
    if (status == Status.InternalFailure) {
      return this.grpcService.isEmpty
        ? `Envoy has no cluster "${this.cluster.toString()}", or it has no host`
        : "Envoy has no such upstream, or it has no host";
    }
    return `status ${(<i32>status).toString()} from the host`;
  }
}

/** Whether a GrpcService says `envoy_grpc` or `google_grpc`, and nothing that cannot be read. */
function namesUpstream(grpcService: Bytes): bool {
  const message = new ProtobufReader(grpcService);
  let named = false;
  while (message.next()) {
    const isTarget = message.field == ENVOY_GRPC || message.field == GOOGLE_GRPC;
    if (isTarget && message.wireType == WireType.Length) named = true;
  }
  return named && !message.malformed;
}

// @ts-ignore: decorator
@lazy
const grpcCallouts = new InFlight();

/** Whether this module exports the callbacks that end calls; without them nothing is kept to wait for them. */
let heard: bool = false;

/** For the callbacks. @returns true */
export function hearGrpc(): bool {
  heard = true;
  return true;
}

/** @internal The call or stream that a token belongs to, or null. */
export function grpcCalloutOf(token: u32): GrpcCallout | null {
  return changetype<GrpcCallout | null>(grpcCallouts.find(token));
}
