export { remarkText, type Journal } from "./journal.js";
export { makePlan } from "./plan/index.js";
export { clusterNamer, render, TARGETS, type Target } from "./render.js";
export { keysProblem } from "./request-authentication.js";
export { customResourceDefinition, jsonSchema } from "./secure-ingress/documents.js";
export { SecureIngressPolicy } from "./secure-ingress/index.js";
export type { Upstream } from "./targets/clusters.js";
export { PATH_NORMALIZATIONS, type PathNormalization } from "./targets/listener.js";
export { workloadOf } from "./workload.js";
