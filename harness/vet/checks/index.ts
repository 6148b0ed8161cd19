import type { Check } from "../check.js";
import * as authz from "./authz.js";
import * as destinationRule from "./destination-rule.js";
import { detectionTimeout } from "./detection-timeout.js";
import * as envoyFilter from "./envoy-filter.js";
import * as jwt from "./jwt.js";
import * as listeners from "./listeners.js";
import * as mtls from "./mtls.js";
import * as peerAuthentication from "./peer-authentication.js";
import { policyOnTcp } from "./policy-ports.js";
import * as ports from "./ports.js";
import { conflictingRoutes } from "./route-conflict.js";
import { danglingRoute } from "./virtual-service.js";
import * as wasmListener from "./wasm-listener.js";
import * as wasmPlugin from "./wasm-plugin.js";
import * as workloads from "./workloads.js";

const byId = (a: Check, b: Check): number => (a.id < b.id ? -1 : 1);

/** Every check, by its id. */
export const CHECKS: readonly Check[] = [
  ...Object.values(ports),
  ...Object.values(wasmListener),
  policyOnTcp,
  ...Object.values(listeners),
  detectionTimeout,
  ...Object.values(mtls),
  ...Object.values(peerAuthentication),
  ...Object.values(destinationRule),
  ...Object.values(jwt),
  ...Object.values(authz),
  ...Object.values(envoyFilter),
  ...Object.values(wasmPlugin),
  danglingRoute,
  conflictingRoutes,
  ...Object.values(workloads),
].sort(byId);

/** The checks that istioctl's analyzers have too: our id, and the code that gives the same verdict on the same input. */
export const ISTIO_CODES: ReadonlyMap<string, string> = new Map(
  CHECKS.flatMap(({ id, istio }) => (istio === undefined ? [] : [[id, istio] as const])),
);
