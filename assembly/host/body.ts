// SPDX-License-Identifier: Apache-2.0
import { BufferType, Status } from "../abi/enums";
import { proxy_get_buffer_bytes, proxy_get_buffer_status, proxy_set_buffer_bytes } from "../abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "../abi/memory";
import { Bytes } from "../text/bytes";

const EVERYTHING: usize = 0xffffffff;

/**
 * One of the host's buffers: a body, data of a connection, a configuration.
 *
 * A body can be read and changed in its own callback and while it is held. Each callback sees the new chunk; after
 * `StopIterationAndBuffer` the next one sees everything so far. Changing the length of a body needs its
 * `content-length` header removed in the header callback, before the headers have gone out.
 *
 * Envoy can prepend, append and replace all; it has no way to change the middle of a buffer (source/extensions/common/
 * wasm/context.cc, Buffer::copyFrom), so to do that, read it, build the new one and `replace`.
 */
@final
export class HostBuffer {
  constructor(private readonly type: BufferType) {}

  /** Bytes in the buffer now, or -1 where there is no such buffer. */
  get size(): i32 {
    store<u64>(OUT, 0);
    const status = proxy_get_buffer_status(this.type, OUT, OUT_SIZE);
    return status == Status.Ok ? load<i32>(OUT) : -1;
  }

  /**
   * A copy of up to `maxSize` bytes from `start`; empty past the end, and for a body that has gone on. Null where there
   * is no such buffer.
   *
   * @param start offset in bytes
   * @param maxSize number of bytes at most; everything by default
   */
  get(start: i32 = 0, maxSize: i32 = i32.MAX_VALUE): Bytes | null {
    clearOut();
    const status = proxy_get_buffer_bytes(this.type, max(start, 0), max(maxSize, 0), OUT, OUT_SIZE);
    const bytes = takeOut();
    return status == Status.Ok ? bytes : null;
  }

  /** Adds `data` behind what is there. */
  append<T>(data: T): Status {
    return this.set<T>(EVERYTHING, 0, data);
  }

  /** Adds `data` before what is there. */
  prepend<T>(data: T): Status {
    return this.set<T>(0, 0, data);
  }

  /** Puts `data` in place of the whole buffer; empty data drains it. */
  replace<T>(data: T): Status {
    return this.set<T>(0, EVERYTHING, data);
  }

  private set<T>(start: usize, size: usize, data: T): Status {
    const bytes = Bytes.of<T>(data);
    return proxy_set_buffer_bytes(this.type, start, size, bytes.ptr, <usize>bytes.length);
  }
}

export const requestBody = new HostBuffer(BufferType.HttpRequestBody);
export const responseBody = new HostBuffer(BufferType.HttpResponseBody);
export const downstreamData = new HostBuffer(BufferType.DownstreamData);
export const upstreamData = new HostBuffer(BufferType.UpstreamData);
export const vmConfiguration = new HostBuffer(BufferType.VmConfiguration);
export const pluginConfiguration = new HostBuffer(BufferType.PluginConfiguration);

/** The buffer of a stream that the host no longer has: a type that no host knows, so that nothing is read or changed. */
export const goneBuffer = new HostBuffer(<BufferType>-1);

// @ts-ignore: decorator
@lazy
export const httpCallBody = new HostBuffer(BufferType.HttpCallResponseBody);
// @ts-ignore: decorator
@lazy
export const grpcMessage = new HostBuffer(BufferType.GrpcReceiveBuffer);
// @ts-ignore: decorator
@lazy
export const foreignArguments = new HostBuffer(BufferType.CallData);
