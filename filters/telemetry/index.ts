// SPDX-License-Identifier: Apache-2.0

// Istio's telemetry on any Envoy: metrics, peer metadata, classification, log policy; README.md is the reference.
export * from "tremula/assembly/proxy";
import { registerPlugin } from "tremula/assembly";
import { AccessLogPolicy } from "./access-log/plugin";
import { Attributes } from "./attributes/plugin";
import { PeerMetadata } from "./peer/plugin";
import { Telemetry } from "./plugin";
import { StatsPlugin } from "./stats/plugin";

registerPlugin(() => new Telemetry());
registerPlugin(() => new StatsPlugin(), "stats");
registerPlugin(() => new StatsPlugin(), "stats_inbound");
registerPlugin(() => new StatsPlugin(), "stats_outbound");
registerPlugin(() => new PeerMetadata(), "peer-metadata");
registerPlugin(() => new Attributes(), "attributes");
registerPlugin(() => new AccessLogPolicy(), "access-log-policy");
