// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { StructReader } from "./struct-reader";
import { StructWriter } from "./struct-writer";
import { isPlausible } from "./text";

/** Labels of a peer that are kept. */
const MAX_LABELS: i32 = 64;

const CANONICAL_NAME = "service.istio.io/canonical-name";
const CANONICAL_REVISION = "service.istio.io/canonical-revision";

/**
 * What a workload says of itself. Every field is empty when it says nothing, or says what cannot be (`isPlausible`); the
 * defaults of metrics (`unknown`, `latest`) are theirs to put in. The octets are copies: a peer may be kept.
 */
@final
export class Peer {
  /** Of the pod, or the instance. */
  name: Bytes = Bytes.EMPTY;
  namespace: Bytes = Bytes.EMPTY;
  workload: Bytes = Bytes.EMPTY;
  /** `kubernetes://apis/apps/v1/namespaces/<namespace>/deployments/<workload>`, for instance. */
  owner: Bytes = Bytes.EMPTY;
  /** `deployment`, `job`, `cronjob` or `pod`, where baggage says it. */
  type: Bytes = Bytes.EMPTY;
  cluster: Bytes = Bytes.EMPTY;
  mesh: Bytes = Bytes.EMPTY;
  istioVersion: Bytes = Bytes.EMPTY;
  /** A SPIFFE identity that the peer claims; nobody has checked it. */
  identity: Bytes = Bytes.EMPTY;
  region: Bytes = Bytes.EMPTY;
  availabilityZone: Bytes = Bytes.EMPTY;
  /** Label `app.kubernetes.io/name`, or `app`. */
  app: Bytes = Bytes.EMPTY;
  /** Label `app.kubernetes.io/version`, or `version`. */
  version: Bytes = Bytes.EMPTY;
  /** Label `service.istio.io/canonical-name`, or the workload of a peer that has labels. */
  canonicalName: Bytes = Bytes.EMPTY;
  /** Label `service.istio.io/canonical-revision`. */
  canonicalRevision: Bytes = Bytes.EMPTY;
  readonly labelNames: Bytes[] = [];
  readonly labelValues: Bytes[] = [];
  private state: Bytes | null = null;

  /**
   * Reads a serialized `google.protobuf.Struct`: as peers exchange it (keys in capitals, Istio's Wasm filter's and its native
   * one's), as `xds.node.metadata` has it, or as `toState` wrote it. What it does not know is skipped.
   *
   * @returns null when it is no such message
   */
  static fromStruct(struct: Bytes): Peer | null {
    const peer = new Peer();
    const reader = new StructReader(struct.copy());
    let hasLabels = false;
    while (reader.next()) {
      const labels = reader.struct;
      const value = reader.string;
      if (value !== null) peer.set(reader.key, value);
      else if (labels !== null && (reader.key.equals("LABELS") || reader.key.equals("labels"))) {
        hasLabels = true;
        if (!peer.readLabels(labels)) return null;
      }
    }
    if (reader.malformed) return null;
    if (hasLabels && peer.canonicalName.isEmpty) peer.canonicalName = peer.workload;
    return peer;
  }

  /** The value of a label, or null. */
  label<N>(name: N): Bytes | null {
    for (let i = 0; i < this.labelNames.length; i++) {
      if (unchecked(this.labelNames[i]).equals<N>(name)) return unchecked(this.labelValues[i]);
    }
    return null;
  }

  /** Whether it says who it is. */
  get isKnown(): bool {
    return !(
      this.workload.isEmpty &&
      this.namespace.isEmpty &&
      this.canonicalName.isEmpty &&
      this.app.isEmpty
    );
  }

  /**
   * As filter state has it: a serialized `google.protobuf.Struct` with the names that Istio's native filters use (workload,
   * namespace, service, revision, app, version, cluster, type, name, identity, region, availability_zone, labels), and those
   * that its Wasm filters used (workload_name, cluster_id, owner, mesh_id, istio_version), for expressions.
   */
  toState(): Bytes {
    const known = this.state;
    if (known !== null) return known;
    const labels = new StructWriter();
    for (let i = 0; i < this.labelNames.length; i++) {
      labels.string(unchecked(this.labelNames[i]), unchecked(this.labelValues[i]));
    }
    const state = new StructWriter()
      .string("app", this.app)
      .string("availability_zone", this.availabilityZone)
      .string("cluster", this.cluster)
      .string("cluster_id", this.cluster)
      .string("identity", this.identity)
      .string("istio_version", this.istioVersion)
      .string("mesh_id", this.mesh)
      .string("name", this.name)
      .string("namespace", this.namespace)
      .string("owner", this.owner)
      .string("region", this.region)
      .string("revision", this.canonicalRevision)
      .string("service", this.canonicalName)
      .string("type", this.type)
      .string("version", this.version)
      .string("workload", this.workload)
      .string("workload_name", this.workload);
    if (labels.length > 0) state.struct("labels", labels.toBytes());
    const octets = state.toBytes();
    this.state = octets;
    return octets;
  }

  private set(key: Bytes, value: Bytes): void {
    if (!isPlausible(value)) return;
    if (key.equals("NAME") || key.equals("name")) this.name = value;
    else if (key.equals("NAMESPACE") || key.equals("namespace")) this.namespace = value;
    else if (key.equals("WORKLOAD_NAME") || key.equals("workload")) this.workload = value;
    else if (key.equals("CLUSTER_ID") || key.equals("cluster")) this.cluster = value;
    else if (key.equals("OWNER") || key.equals("owner")) this.owner = value;
    else if (key.equals("MESH_ID") || key.equals("mesh_id")) this.mesh = value;
    else if (key.equals("ISTIO_VERSION") || key.equals("istio_version")) this.istioVersion = value;
    else if (key.equals("IDENTITY") || key.equals("identity")) this.identity = value;
    else if (key.equals("REGION") || key.equals("region")) this.region = value;
    else if (key.equals("AVAILABILITY_ZONE") || key.equals("availability_zone"))
      this.availabilityZone = value;
    else if (key.equals("app")) this.app = value;
    else if (key.equals("version")) this.version = value;
    else if (key.equals("service")) this.canonicalName = value;
    else if (key.equals("revision")) this.canonicalRevision = value;
    else if (key.equals("type")) this.type = value;
  }

  /** @returns false when this is no struct */
  private readLabels(labels: Bytes): bool {
    const reader = new StructReader(labels);
    while (reader.next()) {
      const value = reader.string;
      if (value === null || this.labelNames.length == MAX_LABELS) continue;
      if (isPlausible(reader.key) && isPlausible(value)) this.setLabel(reader.key, value);
    }
    this.nameByLabels();
    return !reader.malformed;
  }

  /** The later of two labels with one name wins, as in any map of protobuf. */
  private setLabel(name: Bytes, value: Bytes): void {
    for (let i = 0; i < this.labelNames.length; i++) {
      if (!unchecked(this.labelNames[i]).equals(name)) continue;
      unchecked((this.labelValues[i] = value));
      return;
    }
    this.labelNames.push(name);
    this.labelValues.push(value);
  }

  private nameByLabels(): void {
    this.app = either(this.label("app.kubernetes.io/name"), this.label("app"), this.app);
    this.version = either(this.label("app.kubernetes.io/version"), this.label("version"), this.version);
    this.canonicalName = either(this.label(CANONICAL_NAME), null, this.canonicalName);
    this.canonicalRevision = either(this.label(CANONICAL_REVISION), null, this.canonicalRevision);
  }
}

function either(first: Bytes | null, second: Bytes | null, other: Bytes): Bytes {
  if (first !== null && !first.isEmpty) return first;
  return second !== null && !second.isEmpty ? second : other;
}
