// SPDX-License-Identifier: Apache-2.0

// Istio's telemetry on any Envoy: metrics, peer metadata, classification, log policy; README.md is the reference.
export * from "tremula/assembly/proxy";
import { registerPlugin } from "tremula/assembly";
import { AccessLogPolicy } from "./access-log/plugin";
import { Attributes } from "./attributes/plugin";
import { PeerMetadata } from "./peer/plugin";
import { Telemetry } from "./plugin";
import { StatsAndPeers } from "./stats-and-peers/plugin";

registerPlugin(() => new Telemetry());
registerPlugin(() => new StatsAndPeers(), "stats");
registerPlugin(() => new StatsAndPeers(), "stats_inbound");
registerPlugin(() => new StatsAndPeers(), "stats_outbound");
registerPlugin(() => new PeerMetadata(), "peer-metadata");
registerPlugin(() => new Attributes(), "attributes");
registerPlugin(() => new AccessLogPolicy(), "access-log-policy");
