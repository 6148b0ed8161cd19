// SPDX-License-Identifier: Apache-2.0

// The role `peer-metadata` alone: a module that Envoy does not call when a request is logged.
export * from "tremula/assembly/proxy";
import { registerPlugin } from "tremula/assembly";
import { PeerMetadata } from "./plugin";

registerPlugin(() => new PeerMetadata());
