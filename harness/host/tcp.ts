import { Body, type HostBuffer, NO_BODY } from "./buffer.js";
import { Context } from "./context.js";
import { BufferType, NetworkStatus, PeerType, Status, StreamType } from "./enums.js";
import { type Addresses, connectionAttributes } from "./http/attributes.js";
import { bodyBytes, concat, type Octets, toText } from "./octets.js";
import type { Plugin } from "./plugin.js";
import type { PropertyValue } from "./property-value.js";
import type { RootContext } from "./root-context.js";
import { StreamInfo } from "./stream-info.js";

interface Callbacks {
  readonly info: StreamInfo;
  resume(): void;
  close(): void;
}

/** A connection's context, and when it sees what (Envoy: Context::onData and its siblings). */
class TcpContext extends Context {
  downstream: Body | null = null;
  upstream: Body | null = null;

  constructor(
    override readonly root: RootContext,
    private readonly connection: Callbacks,
    private readonly failOpen: boolean,
  ) {
    super(root.vm);
  }

  override get streamInfo(): StreamInfo {
    return this.connection.info;
  }

  override buffer(type: BufferType): HostBuffer | null {
    if (type === BufferType.DownstreamData) return this.downstream ?? NO_BODY;
    if (type === BufferType.UpstreamData) return this.upstream ?? NO_BODY;
    return super.buffer(type);
  }

  run(name: string, ...args: number[]): NetworkStatus {
    const broken = () => this.vm.trap !== null;
    const failed = () => {
      if (!this.failOpen) this.connection.close();
      return this.failOpen ? NetworkStatus.Continue : NetworkStatus.StopIteration;
    };
    if (broken()) return failed();
    const result = this.call(name, 0, ...args);
    if (broken()) return failed();
    return result === 0 ? NetworkStatus.Continue : NetworkStatus.StopIteration;
  }

  notify(name: string, ...args: number[]): void {
    this.call(name, 0, ...args);
  }

  override continueStream(type: StreamType): Status {
    if (type === StreamType.Upstream) return Status.Unimplemented;
    if (type === StreamType.Downstream) this.vm.afterCall(() => this.connection.resume());
    return Status.Ok;
  }

  override closeStream(type: StreamType): Status {
    if (type >= StreamType.Downstream) this.vm.afterCall(() => this.connection.close());
    return Status.Ok;
  }
}

/**
 * One TCP connection through one network filter, with the test as client and as upstream. What the filter holds is shown
 * to it again together with what comes next, in either direction.
 */
export class TcpConnection {
  readonly #context: TcpContext;
  readonly #info: StreamInfo;
  readonly #downstream = new Body();
  readonly #upstream = new Body();
  readonly #toUpstream: Uint8Array[] = [];
  readonly #toClient: Uint8Array[] = [];
  readonly #ended = { downstream: false, upstream: false };
  /** Whether the end of the client's bytes has been passed on. */
  #endPassed = false;
  #closed: "filter" | "client" | "Envoy" | null = null;
  /** What `proxy_on_new_connection` has answered. */
  readonly opened: NetworkStatus;
  #held: boolean;

  constructor(
    private readonly plugin: Plugin,
    addresses: Addresses = {},
  ) {
    this.#info = new StreamInfo((name) => connectionAttributes(name, this.#context.id, addresses));
    this.#context = new TcpContext(
      plugin.root,
      { info: this.#info, resume: () => this.#resume(), close: () => this.#close("filter", PeerType.Local) },
      plugin.failurePolicy === "FAIL_OPEN",
    );
    this.opened = plugin.drive(() => {
      if (plugin.vm.trap === null) this.#context.create(plugin.root.id);
      return this.#context.run("proxy_on_new_connection");
    });
    this.#held = this.opened === NetworkStatus.StopIteration;
  }

  get id(): number {
    return this.#context.id;
  }

  // ---- the client

  /**
   * Bytes from the client. A filter that holds the new connection sees them too: it is only those behind it that do not
   * (Envoy: FilterManagerImpl::onContinueReading). @returns null when the connection is closed
   */
  send(data: Octets, { endOfStream = false } = {}): NetworkStatus | null {
    return this.plugin.drive(() => {
      if (this.#closed !== null) return null;
      this.#downstream.move(new Body(bodyBytes(data)));
      this.#ended.downstream ||= endOfStream;
      return this.#readDownstream();
    });
  }

  /** The client ends its half. */
  end(): NetworkStatus | null {
    return this.send("", { endOfStream: true });
  }

  /** The client breaks the connection. */
  reset(): void {
    this.plugin.drive(() => this.#close("client", PeerType.Remote));
  }

  // ---- the upstream

  /** Bytes from the upstream. */
  respond(data: Octets, { endOfStream = false } = {}): NetworkStatus | null {
    return this.plugin.drive(() => {
      if (this.#closed !== null) return null;
      this.#upstream.move(new Body(bodyBytes(data)));
      this.#ended.upstream ||= endOfStream;
      return this.#writeDownstream();
    });
  }

  /** The upstream closes the connection; Envoy then closes the client's. */
  endUpstream(): void {
    this.respond("", { endOfStream: true });
  }

  // ---- what came of it

  /** What has reached the upstream. */
  get upstreamBytes(): Uint8Array {
    return concat([new Uint8Array(0), ...this.#toUpstream]);
  }

  get upstreamText(): string {
    return toText(this.upstreamBytes);
  }

  /** What has reached the client. */
  get clientBytes(): Uint8Array {
    return concat([new Uint8Array(0), ...this.#toClient]);
  }

  get clientText(): string {
    return toText(this.clientBytes);
  }

  /** Whether the filter holds what the client has sent. */
  get held(): boolean {
    return this.#closed === null && this.#held;
  }

  /** Who has closed it; null while it is open. */
  get closedBy(): "filter" | "client" | "Envoy" | null {
    return this.#closed;
  }

  setProperty(path: string | readonly string[], value: PropertyValue): this {
    this.#info.setProperty(path, value);
    return this;
  }

  filterState(key: string): Uint8Array | undefined {
    return this.#info.filterState(key);
  }

  // ---- Envoy's connection

  #readDownstream(): NetworkStatus {
    this.#context.downstream = this.#downstream;
    const status = this.#context.run(
      "proxy_on_downstream_data",
      this.#downstream.size,
      Number(this.#ended.downstream),
    );
    this.#held = status === NetworkStatus.StopIteration;
    if (this.#held) return status;
    this.#context.downstream = null;
    this.#passDownstream();
    return status;
  }

  /** Goes on behind this filter: it does not see again what it has held. */
  #resume(): void {
    if (this.#closed !== null) return;
    this.#held = false;
    this.#passDownstream();
  }

  #passDownstream(): void {
    if (this.#downstream.size > 0) this.#toUpstream.push(this.#downstream.drain());
    if (this.#ended.downstream) this.#endPassed = true;
    this.#closeWhenBothEnded();
  }

  #writeDownstream(): NetworkStatus {
    const end = this.#ended.upstream;
    this.#context.upstream = this.#upstream;
    const status = this.#context.run("proxy_on_upstream_data", this.#upstream.size, Number(end));
    if (status === NetworkStatus.Continue) {
      this.#context.upstream = null;
      if (this.#upstream.size > 0) this.#toClient.push(this.#upstream.drain());
    }
    // Envoy tells of the upstream's end here, and never who it was.
    if (end) this.#context.notify("proxy_on_upstream_connection_close", PeerType.Unknown);
    if (status === NetworkStatus.Continue) this.#closeWhenBothEnded();
    return status;
  }

  #closeWhenBothEnded(): void {
    if (this.#ended.upstream && this.#endPassed) this.#close("Envoy", PeerType.Local);
  }

  #close(by: "filter" | "client" | "Envoy", peer: PeerType): void {
    if (this.#closed !== null) return;
    this.#closed = by;
    this.#context.notify("proxy_on_downstream_connection_close", peer);
    this.#context.done();
    this.#context.writeLog();
    this.#context.delete();
  }
}
