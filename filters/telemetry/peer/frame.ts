// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, ProtobufReader, ProtobufWriter } from "tremula/assembly";
import { Peer } from "./peer";
import { StructReader } from "./struct-reader";
import { StructWriter } from "./struct-writer";

// What proxies of Istio write in front of the first octets of a connection, in either direction (source/extensions/filters/
// network/metadata_exchange in istio/proxy), all numbers big-endian u32:
//
//   ┌────────────┬────────┬───────────────────────────────────────────────────────┐
//   │ 0x3d230467 │ length │ length octets: a google.protobuf.Any of a Struct       │
//   └────────────┴────────┴───────────────────────────────────────────────────────┘
//
// The struct has the node's metadata, a struct, and its id, under the names of the headers.
const MAGIC: u32 = 0x3d230467;
const MAGIC_SIZE: i32 = 4;
/** Octets in front of the message. */
export const PREFIX: i32 = 8;
const TYPE_URL = "type.googleapis.com/google.protobuf.Struct";
const METADATA = "x-envoy-peer-metadata";
const ID = "x-envoy-peer-metadata-id";

/** What the first octets of a connection are. */
export enum Start {
  /** Payload: no frame begins like this, or not one that would be read. */
  Payload,
  /** The beginning of a frame, or so few octets that they may be. */
  Partial,
  /** A frame, whole. */
  Frame,
  /** A frame that is longer than any that is read. */
  Oversized,
}

/**
 * Looks at the first octets of a connection.
 *
 * @param prefix `PREFIX` octets of them, or as many as there are
 * @param size how many there are
 * @param longest octets of the longest message that is read
 */
export function startOf(prefix: Bytes, size: i32, longest: i32): Start {
  const octets = bswap<u32>(MAGIC);
  for (let i = 0; i < MAGIC_SIZE && i < prefix.length; i++) {
    const shift = <u32>(i << 3);
    if (prefix.at(i) != <i32>((octets >> shift) & 0xff)) return Start.Payload;
  }
  if (prefix.length < PREFIX) return Start.Partial;
  const length = prefix.readBE<u32>(MAGIC_SIZE);
  if (length == 0) return Start.Payload;
  if (length > <u32>longest) return Start.Oversized;
  return size - PREFIX < <i32>length ? Start.Partial : Start.Frame;
}

/** The frame that tells who a node is; null for one that has nothing to tell. */
export function frameOf(id: Bytes, struct: Bytes): Bytes | null {
  if (id.isEmpty && struct.isEmpty) return null;
  const members = new StructWriter().string(ID, id);
  if (!struct.isEmpty) members.struct(METADATA, struct);
  const message = new ProtobufWriter(1024).bytes(1, TYPE_URL).bytes(2, members.toBytes()).toBytes();
  return new ByteWriter(PREFIX + message.length)
    .writeBE<u32>(MAGIC)
    .writeBE<u32>(<u32>message.length)
    .write(message)
    .toBytes();
}

/** What a frame says. */
@final
export class FrameContent {
  private constructor(
    /** Null when it does not say. */
    readonly id: Bytes | null,
    readonly peer: Peer | null,
  ) {}

  /** Reads the message of a frame; null when it is none. */
  static read(message: Bytes): FrameContent | null {
    const any = new ProtobufReader(message);
    let type = Bytes.EMPTY;
    let value = Bytes.EMPTY;
    while (any.next()) {
      if (any.field == 1) type = any.bytes;
      else if (any.field == 2) value = any.bytes;
    }
    if (any.malformed || !type.equals(TYPE_URL)) return null;
    return FrameContent.ofStruct(value);
  }

  private static ofStruct(struct: Bytes): FrameContent | null {
    const reader = new StructReader(struct);
    let id: Bytes | null = null;
    let metadata: Bytes | null = null;
    while (reader.next()) {
      if (reader.key.equals(ID)) id = reader.string;
      else if (reader.key.equals(METADATA)) metadata = reader.struct;
    }
    if (reader.malformed) return null;
    if (metadata === null) return new FrameContent(id, null);
    const peer = Peer.fromStruct(metadata);
    return peer !== null ? new FrameContent(id, peer) : null;
  }
}
