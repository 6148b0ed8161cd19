// SPDX-License-Identifier: Apache-2.0

// Role-based access control with the configuration of Envoy's native filters; README.md is the reference.
export * from "tremula/assembly/proxy";
import { registerPlugin } from "tremula/assembly";
import { Rbac } from "./plugin";

registerPlugin(() => new Rbac());
