// SPDX-License-Identifier: Apache-2.0

// The role `stats` alone: a module that Envoy does not call for the data of connections.
export * from "tremula/assembly/proxy";
import { registerPlugin } from "tremula/assembly";
import { StatsPlugin } from "./plugin";

registerPlugin(() => new StatsPlugin());
