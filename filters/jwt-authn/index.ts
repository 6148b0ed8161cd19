// SPDX-License-Identifier: Apache-2.0

// JWT authentication with the configuration of Envoy's native filter; README.md is the reference.
export * from "tremula/assembly/proxy";
import { registerPlugin } from "tremula/assembly";
import { JwtAuthn } from "./plugin";

registerPlugin(() => new JwtAuthn());
