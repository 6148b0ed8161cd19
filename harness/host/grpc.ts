import { ConstBuffer } from "./buffer.js";
import { GrpcStatus } from "./enums.js";
import { HeaderMap, type HeaderInit } from "./header-map.js";
import { bodyBytes, type Octets } from "./octets.js";
import type { RootContext } from "./root-context.js";

export interface GrpcRequest {
  readonly kind: "call" | "stream";
  /** The cluster's name. */
  readonly upstream: string;
  readonly service: string;
  readonly method: string;
  readonly initialMetadata: HeaderMap;
  /** 0 means none. */
  readonly timeoutMs: number;
}

export interface GrpcMessage {
  readonly message: Uint8Array;
  readonly endStream: boolean;
}

/**
 * A gRPC call or stream that a plugin has opened. It waits for the test. Of a call that succeeds the plugin sees the
 * message only; of one that fails, the status only.
 */
export class GrpcCall {
  /** What the plugin has sent. */
  readonly sent: GrpcMessage[] = [];
  /** The plugin has closed its half of the stream. */
  localClosed = false;
  /** The plugin has called it off. */
  canceled = false;
  #remoteClosed = false;

  constructor(
    private readonly root: RootContext,
    readonly id: number,
    readonly request: GrpcRequest,
  ) {
    const { timeoutMs } = request;
    if (timeoutMs > 0) {
      root.vm.host.clock.after(timeoutMs, () => {
        if (this.pending) this.fail(GrpcStatus.Internal, "response_timeout");
      });
    }
  }

  get pending(): boolean {
    return this.root.grpcCalls.get(this.id) === this && !this.#remoteClosed;
  }

  /** Streams only: what comes before the first message. */
  receiveInitialMetadata(metadata: HeaderInit): void {
    this.#deliver(() => {
      const map = HeaderMap.from(metadata);
      this.root.grpcInitialMetadata = map;
      this.root.grpcCallback("proxy_on_grpc_receive_initial_metadata", this.id, map.size);
      this.root.grpcInitialMetadata = null;
    });
  }

  /** A message; for a call, its answer. */
  receive(message: Octets): void {
    this.#deliver(() => {
      const bytes = bodyBytes(message);
      this.root.grpcMessage = new ConstBuffer(bytes);
      if (this.request.kind === "call") this.root.grpcCalls.delete(this.id);
      this.root.grpcCallback("proxy_on_grpc_receive", this.id, bytes.length);
      this.root.grpcMessage = null;
    });
  }

  /** Streams only: what comes after the last message. */
  receiveTrailingMetadata(metadata: HeaderInit): void {
    this.#deliver(() => {
      const map = HeaderMap.from(metadata);
      this.root.grpcTrailingMetadata = map;
      this.root.grpcCallback("proxy_on_grpc_receive_trailing_metadata", this.id, map.size);
      this.root.grpcTrailingMetadata = null;
    });
  }

  /** The other side has closed a stream. */
  close(status: GrpcStatus = GrpcStatus.Ok, message = ""): void {
    this.#deliver(() => {
      this.#remoteClosed = true;
      if (this.localClosed || this.request.kind === "call") this.root.grpcCalls.delete(this.id);
      this.root.grpcClosed(this.id, status, message);
    });
  }

  /** The call has failed, or the stream was broken off. */
  fail(status: GrpcStatus, message = ""): void {
    this.close(status, message);
  }

  /** For the host: the plugin closes its half. */
  closeLocal(): void {
    this.localClosed = true;
    if (this.#remoteClosed) this.root.grpcCalls.delete(this.id);
  }

  #deliver(action: () => void): void {
    if (!this.pending) throw new Error(`gRPC ${this.request.kind} ${this.id} is no longer pending`);
    const { vm } = this.root;
    if (vm.busy) vm.afterCall(action);
    else vm.host.drive([this.root], action);
  }
}
