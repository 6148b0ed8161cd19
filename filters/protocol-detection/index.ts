// SPDX-License-Identifier: Apache-2.0

// Decides what a connection speaks, by declaration and by its first bytes; README.md is the reference.
export * from "tremula/assembly/proxy";
import { registerPlugin } from "tremula/assembly";
import { ProtocolDetection } from "./plugin";

registerPlugin(() => new ProtocolDetection());
