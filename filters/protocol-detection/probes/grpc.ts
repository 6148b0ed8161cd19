// SPDX-License-Identifier: Apache-2.0
import { ContentType } from "./content-type";

const FRAME_HEADER: i32 = 9;
const FRAME_HEADERS: u32 = 1;
const FRAME_CONTINUATION: u32 = 9;
const FLAG_END_HEADERS: u32 = 0x4;
const FLAG_PADDED: u32 = 0x8;
const FLAG_PRIORITY: u32 = 0x20;
/** RFC 9113 section 6.3: stream dependency and weight. */
const PRIORITY: u32 = 5;
/** RFC 9113 section 4.2: frames are no larger until the peer's settings allow it, and the peer has said nothing yet. */
const MOST_FRAME: u32 = 16384;
/** Octets behind the preface after which it is given up: what comes before a first request is small. */
export const MOST_REFINED: i32 = 32768;

/**
 * Tells gRPC from other HTTP/2 by the first request's content type. It reads the frames behind the preface octet by octet
 * up to the end of the first block of headers (RFC 9113 section 4.1).
 */
@final
export class GrpcRefiner {
  /** Whether the first request has a content type of gRPC. */
  isGrpc: bool = false;

  private readonly contentType: ContentType = new ContentType();
  private isOver: bool = false;
  private seen: i32 = 0;
  /** Octets of the frame's header that have come, then those of its payload that have not. */
  private header: i32 = 0;
  private payload: u32 = 0;
  private type: u32 = 0;
  private flags: u32 = 0;
  /** Octets before the block of headers and padding behind it. */
  private skip: u32 = 0;
  private padding: u32 = 0;
  private expectsPadLength: bool = false;

  /** For the next connection. */
  reset(): void {
    this.isGrpc = false;
    this.contentType.reset();
    this.isOver = false;
    this.seen = 0;
    this.header = 0;
    this.payload = 0;
  }

  /**
   * Takes octets that follow the preface, or those of the last call.
   *
   * @returns whether it is settled
   */
  feed(ptr: usize, length: i32): bool {
    for (let i = 0; i < length && !this.isOver; i++, ptr++) {
      if (++this.seen > MOST_REFINED) this.isOver = true;
      else if (this.header < FRAME_HEADER) this.takeHeader(load<u8>(ptr));
      else this.takePayload(load<u8>(ptr));
    }
    return this.isOver;
  }

  private takeHeader(octet: u32): void {
    if (this.header < 3) this.payload = (this.payload << 8) | octet;
    else if (this.header == 3) this.type = octet;
    else if (this.header == 4) this.flags = octet;
    if (++this.header == FRAME_HEADER) this.beginPayload();
  }

  private beginPayload(): void {
    const isHeaders = this.type == FRAME_HEADERS;
    if (this.payload > MOST_FRAME) this.isOver = true;
    this.skip = isHeaders && (this.flags & FLAG_PRIORITY) != 0 ? PRIORITY : 0;
    this.padding = 0;
    this.expectsPadLength = isHeaders && (this.flags & FLAG_PADDED) != 0;
    if (this.payload == 0) this.endPayload();
  }

  private takePayload(octet: u32): void {
    this.payload--;
    if (this.type == FRAME_HEADERS || this.type == FRAME_CONTINUATION) this.takeBlock(octet);
    if (this.payload == 0) this.endPayload();
  }

  private takeBlock(octet: u32): void {
    if (this.expectsPadLength) {
      this.expectsPadLength = false;
      this.padding = octet;
    } else if (this.skip > 0) this.skip--;
    else if (this.payload >= this.padding && this.contentType.step(octet)) {
      this.isOver = true;
      this.isGrpc = this.contentType.isGrpc;
    }
  }

  /** The next frame, unless the first block of headers ends here. */
  private endPayload(): void {
    const isBlock = this.type == FRAME_HEADERS || this.type == FRAME_CONTINUATION;
    if (isBlock && (this.flags & FLAG_END_HEADERS) != 0) this.isOver = true;
    this.header = 0;
    this.payload = 0;
  }
}
