// SPDX-License-Identifier: Apache-2.0

// What `tremula explain-bytes` runs in the in-process host: the filter's own detector, octet by octet, on the octets that
// its configuration has. It serves no connection.
export * from "tremula/assembly/proxy";
import { registerPlugin } from "tremula/assembly";
import { Explainer } from "./plugin";

registerPlugin(() => new Explainer());
