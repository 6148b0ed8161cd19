// SPDX-License-Identifier: Apache-2.0
import { Bytes, Pairs, XdsAttributes } from "tremula/assembly";
import { serviceOfCluster } from "./blocked";
import { Services } from "./services";
import { NONE, TextIndex } from "./text-index";
import { mended } from "./workload";

const CLUSTERS: i32 = 4096;
const POINT: i32 = 0x2e;

/** What a cluster says of the service behind it. */
@final
export class ClusterFacts {
  constructor(
    /** What it stands for, for traffic without a service: `BlackHoleCluster` and the like; else empty. */
    readonly special: Bytes,
    /** Number of the service that its metadata names, or -1. */
    readonly service: i32,
  ) {}
}

/**
 * Clusters by name, so that their metadata is read once and not for each stream. Metadata can change under a name: `refresh`
 * has everything read again.
 */
@final
export class Clusters {
  private readonly index: TextIndex = new TextIndex(CLUSTERS);
  private readonly list: Array<ClusterFacts> = [];
  private readonly none: ClusterFacts = new ClusterFacts(Bytes.EMPTY, NONE);

  constructor(private readonly services: Services) {}

  /** Of the cluster of this name, which is that of the stream whose callback runs. */
  facts(name: Bytes | null): ClusterFacts {
    if (name === null || name.isEmpty) return this.none;
    const known = this.index.indexOf(name);
    if (known != NONE) return unchecked(this.list[known]);
    if (this.index.isFull) this.refresh();
    const facts = this.read(name);
    this.index.add(name);
    this.list.push(facts);
    return facts;
  }

  /** Forgets what was read. */
  refresh(): void {
    this.index.clear();
    this.list.length = 0;
  }

  private read(name: Bytes): ClusterFacts {
    const special = serviceOfCluster(name);
    if (!special.isEmpty) return new ClusterFacts(special.copy(), NONE);
    const services = XdsAttributes.clusterMetadata("istio").list("services");
    if (services === null || !services.next()) return this.none;
    // The first one is Istio's choice where a port serves several.
    const service = new Pairs(services.name);
    const host = textOf(service, "host");
    if (host.isEmpty) return this.none;
    const given = textOf(service, "name");
    const namespace = textOf(service, "namespace");
    const shortName = given.isEmpty ? untilPoint(host) : given;
    const number = this.services.named(host, shortName, namespace.isEmpty ? null : namespace);
    return new ClusterFacts(Bytes.EMPTY, <i32>number);
  }
}

function textOf(struct: Pairs, name: string): Bytes {
  const value = struct.find(name);
  return value !== null ? mended(value) : Bytes.EMPTY;
}

function untilPoint(host: Bytes): Bytes {
  const point = host.indexOfByte(POINT);
  return point > 0 ? host.slice(0, point) : host;
}
