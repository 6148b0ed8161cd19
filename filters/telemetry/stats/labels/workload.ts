// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { writeTagValue } from "tremula/assembly/host/tag-value";
import { Peer } from "../../peer/peer";
import { UNKNOWN } from "./label";

/** What labels say of one side of a stream. */
export enum Facet {
  Workload,
  Namespace,
  App,
  Version,
  CanonicalService,
  CanonicalRevision,
  Cluster,
}

const FACETS: i32 = 7;
/** The revision that Istio takes for granted. */
const LATEST: string = "latest";

/** The values of a workload's labels, each fit to stand in the name of a statistic. */
@final
export class Workload {
  private readonly values: StaticArray<Bytes> = new StaticArray<Bytes>(FACETS);

  /** @param all what every label says, but for the revision of a workload that is not known */
  constructor(all: string = UNKNOWN) {
    const value = Bytes.of(all);
    for (let i = 0; i < FACETS; i++) unchecked((this.values[i] = value));
    if (all == UNKNOWN) unchecked((this.values[Facet.CanonicalRevision] = Bytes.of(LATEST)));
  }

  static of(peer: Peer): Workload {
    const workload = new Workload();
    workload.set(Facet.Workload, peer.workload);
    workload.set(Facet.Namespace, peer.namespace);
    workload.set(Facet.App, peer.app);
    workload.set(Facet.Version, peer.version);
    workload.set(Facet.CanonicalService, peer.canonicalName);
    workload.set(Facet.CanonicalRevision, peer.canonicalRevision);
    workload.set(Facet.Cluster, peer.cluster);
    return workload;
  }


  @inline
  get(facet: Facet): Bytes {
    return unchecked(this.values[facet]);
  }

  /** All values as one text, each ended by an octet that none of them has. */
  writeTo(text: ByteWriter): void {
    for (let i = 0; i < FACETS; i++) text.write(unchecked(this.values[i])).writeByte(0);
  }

  private set(facet: Facet, value: Bytes): void {
    if (value.isEmpty) return;
    unchecked((this.values[facet] = mended(value)));
  }
}

/** A copy of a value that can stand in the name of a statistic, see `writeTagValue`. */
export function mended(value: Bytes): Bytes {
  const writer = new ByteWriter(value.length);
  writeTagValue(writer, value);
  return writer.toBytes();
}
