/** A `google.protobuf.Struct` of strings and structs. */
export interface Struct {
  readonly [key: string]: string | Uint8Array | Struct;
}

/** Serializes a struct, its members in the given order. */
export function structOf(struct: Struct): Buffer {
  return Buffer.concat(
    Object.entries(struct).map(([key, value]) => {
      const isText = typeof value === "string" || value instanceof Uint8Array;
      const encoded = isText ? field(3, Buffer.from(value)) : field(5, structOf(value));
      return field(1, Buffer.concat([field(1, Buffer.from(key)), field(2, encoded)]));
    }),
  );
}

/** What a proxy writes in front of the first octets of a connection. */
export function frameOf(id: string, metadata: Struct): Buffer {
  const struct = structOf({ "x-envoy-peer-metadata": metadata, "x-envoy-peer-metadata-id": id });
  return framed(
    Buffer.concat([field(1, Buffer.from("type.googleapis.com/google.protobuf.Struct")), field(2, struct)]),
  );
}

/** A message with magic and length in front of it. */
export function framed(message: Uint8Array, length = message.length): Buffer {
  const prefix = Buffer.from("3d23046700000000", "hex");
  prefix.writeUInt32BE(length, 4);
  return Buffer.concat([prefix, message]);
}

/** A field of wire type 2. */
export function field(number: number, octets: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(octets.length), octets]);
}

function varint(value: number): Buffer {
  const octets: number[] = [];
  for (; value > 127; value >>>= 7) octets.push((value & 127) | 128);
  return Buffer.from([...octets, value]);
}

/** The client of Istio's end-to-end tests, as its native filter tells of it. */
export const PRODUCTPAGE: Struct = {
  CLUSTER_ID: "client-cluster",
  LABELS: {
    app: "productpage",
    "service.istio.io/canonical-name": "productpage-v1",
    "service.istio.io/canonical-revision": "version-1",
    version: "v1",
  },
  NAME: "productpage-v1-84975bc778-pxz2w",
  NAMESPACE: "default",
  OWNER: "kubernetes://apis/apps/v1/namespaces/default/deployments/productpage-v1",
  WORKLOAD_NAME: "productpage-v1",
};

export const RATINGS: Struct = {
  LABELS: { app: "ratings" },
  NAMESPACE: "default",
  WORKLOAD_NAME: "ratings-v1",
};
