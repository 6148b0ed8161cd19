// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Peer } from "../../peer/peer";
import { Dimension } from "../cel/dimension";
import { StatsConfig } from "../config/stats-config";
import { PrincipalTable } from "./principals";
import { Services } from "./services";
import { Facet, Workload } from "./workload";
import { LOCAL_WORKLOAD, Workloads } from "./workloads";

/** Services that Envoy's configuration may name. */
const SERVICES: i32 = 100_000;

/** What the numbers of a sample stand for. */
@final
export class Tables {
  readonly workloads: Workloads;
  readonly principals: PrincipalTable;
  readonly services: Services;
  readonly dimensions: Array<Dimension>;

  constructor(config: StatsConfig, local: Peer | null) {
    this.workloads = new Workloads(local, config.maxLabelValues);
    this.principals = new PrincipalTable(config.maxLabelValues);
    this.services = new Services(config.hosts, SERVICES);
    this.dimensions = config.dimensions;
  }

  get local(): Workload {
    return this.workloads.at(LOCAL_WORKLOAD);
  }

  /** How this proxy's workload is called as a service. */
  get localService(): Bytes {
    return this.local.get(Facet.CanonicalService);
  }

  get localNamespace(): Bytes {
    return this.local.get(Facet.Namespace);
  }
}
