import { type HttpStream, metadata, type PropertyMap, type PropertyValue } from "../host/index.js";

/** What each kind of metadata says in a case's Envoy, see `bootstrap` in envoy-config.ts. */
function metadataOf(of: string): PropertyMap {
  return metadata({ tremula: { of, number: 15, yes: true, map: { key: "value" }, list: ["a", "b"] } });
}

const XDS: PropertyValue = {
  cluster_name: "upstream",
  route_name: "everything",
  virtual_host_name: "all",
  filter_chain_name: "chain",
  listener_direction: 1,
  cluster_metadata: metadataOf("cluster"),
  route_metadata: metadataOf("route"),
  virtual_host_metadata: metadataOf("virtual host"),
  listener_metadata: metadataOf("listener"),
  upstream_host_metadata: metadataOf("host"),
  upstream_host_locality_metadata: metadataOf("locality"),
  node: { id: "", cluster: "", metadata: { zone: "node" } },
};

/** `envoy.config.core.v3.Locality` with region and zone, as protobuf. */
const LOCALITY = new Uint8Array([0x0a, 6, ...Buffer.from("region"), 0x12, 4, ...Buffer.from("zone")]);

/** Gives a stream the attributes that come from a case's Envoy configuration. */
export function describeStream(stream: HttpStream): void {
  stream.setProperty("xds", XDS);
  stream.setProperty(["upstream", "locality"], LOCALITY);
}
