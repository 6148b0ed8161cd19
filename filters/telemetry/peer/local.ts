// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonKind, JsonMap, JsonObject, Pairs, XdsAttributes } from "tremula/assembly";
import { Peer } from "./peer";
import { StructWriter } from "./struct-writer";
import { isPlausible } from "./text";

/** Of the node's metadata, what Istio's Wasm filter told of it. */
const TEXTS: StaticArray<string> = [
  "APP_CONTAINERS",
  "CLUSTER_ID",
  "INSTANCE_IPS",
  "ISTIO_VERSION",
  "MESH_ID",
  "NAME",
  "NAMESPACE",
  "OWNER",
  "WORKLOAD_NAME",
];
const STRUCTS: StaticArray<string> = ["LABELS", "PLATFORM_METADATA"];

/** What its native filter tells: less, for it goes along with every request. */
const FEW_TEXTS: StaticArray<string> = ["CLUSTER_ID", "NAME", "NAMESPACE", "OWNER", "WORKLOAD_NAME"];
const FEW_LABELS: StaticArray<string> = [
  "app",
  "service.istio.io/canonical-name",
  "service.istio.io/canonical-revision",
  "version",
];

/** This proxy's workload. */
@final
export class LocalNode {
  private constructor(
    /** The node's id, by which peers know it; empty when it has none. */
    readonly id: Bytes,
    private readonly texts: Map<string, Bytes>,
    /** All that Istio's Wasm filter told of a node, as a serialized `google.protobuf.Struct`. */
    readonly everything: Bytes,
    /** Who it is, as others see it. */
    readonly peer: Peer,
  ) {}

  private static of(id: Bytes, texts: Map<string, Bytes>, structs: Map<string, StructWriter>): LocalNode {
    const writer = new StructWriter();
    for (let i = 0; i < TEXTS.length; i++) {
      if (texts.has(TEXTS[i])) writer.string(TEXTS[i], texts.get(TEXTS[i]));
    }
    for (let i = 0; i < STRUCTS.length; i++) {
      if (structs.has(STRUCTS[i])) writer.struct(STRUCTS[i], structs.get(STRUCTS[i]).toBytes());
    }
    const everything = writer.toBytes();
    const peer = Peer.fromStruct(everything);
    return new LocalNode(id, texts, everything, peer !== null ? peer : new Peer());
  }

  /** By `node` of Envoy's bootstrap. Wherever `xds.node` can be read: in `onConfigure`, too. */
  static ofBootstrap(): LocalNode {
    const metadata = XdsAttributes.nodeMetadata;
    const texts = new Map<string, Bytes>();
    for (let i = 0; i < TEXTS.length; i++) {
      const value = metadata.string(TEXTS[i]);
      if (value !== null && isPlausible(value)) texts.set(TEXTS[i], value);
    }
    const structs = new Map<string, StructWriter>();
    for (let i = 0; i < STRUCTS.length; i++) {
      const pairs = metadata.struct(STRUCTS[i]);
      if (pairs !== null) structs.set(STRUCTS[i], ofPairs(pairs));
    }
    const id = XdsAttributes.nodeId;
    return LocalNode.of(id !== null ? id : Bytes.EMPTY, texts, structs);
  }

  /**
   * Of a configuration, for proxies whose bootstrap says nothing of the kind: `id`, and `metadata` with the members that
   * Istio writes there.
   */
  static read(object: JsonObject): LocalNode {
    const id = object.stringOr("id", Bytes.EMPTY).copy();
    const metadata = object.mapOrEmpty("metadata");
    const texts = new Map<string, Bytes>();
    const structs = new Map<string, StructWriter>();
    for (let i = 0; i < metadata.length; i++) {
      const key = metadata.key(i).toString();
      if (TEXTS.includes(key)) texts.set(key, metadata.string(i).copy());
      else if (STRUCTS.includes(key)) structs.set(key, ofMap(metadata.map(i)));
    }
    return LocalNode.of(id, texts, structs);
  }

  /** What its native filter tells: less, and of the labels four and those that are named here. */
  essentials(additionalLabels: Bytes[]): Bytes {
    const struct = new StructWriter();
    for (let i = 0; i < FEW_TEXTS.length; i++) {
      if (this.texts.has(FEW_TEXTS[i])) struct.string(FEW_TEXTS[i], this.texts.get(FEW_TEXTS[i]));
    }
    const labels = new StructWriter();
    for (let i = 0; i < FEW_LABELS.length; i++) this.writeLabel(labels, Bytes.of(FEW_LABELS[i]));
    for (let i = 0; i < additionalLabels.length; i++) this.writeLabel(labels, additionalLabels[i]);
    if (labels.length > 0) struct.struct("LABELS", labels.toBytes());
    return struct.toBytes();
  }

  private writeLabel(labels: StructWriter, name: Bytes): void {
    const value = this.peer.label(name);
    if (value !== null) labels.string(name, value);
  }
}

let known: LocalNode | null = null;

/** This proxy by its bootstrap, which does not change: read once for the VM. */
export function localNode(): LocalNode {
  let node = known;
  if (node === null) {
    node = LocalNode.ofBootstrap();
    known = node;
  }
  return node;
}

function ofPairs(pairs: Pairs): StructWriter {
  const struct = new StructWriter();
  while (pairs.next()) struct.string(pairs.name, pairs.value);
  return struct;
}

function ofMap(map: JsonMap): StructWriter {
  const struct = new StructWriter();
  for (let i = 0; i < map.length; i++) {
    if (map.value(i).kind == JsonKind.String) struct.string(map.key(i).copy(), map.string(i).copy());
  }
  return struct;
}
