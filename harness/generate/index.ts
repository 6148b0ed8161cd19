export { makePlan, type Plan, type PlanOptions } from "./plan/index.js";
export type { Journal } from "./journal.js";
export { customResourceDefinition, jsonSchema } from "./secure-ingress/documents.js";
export { SecureIngressPolicy } from "./secure-ingress/index.js";
export type { Workload } from "./select.js";
export { clusterNamer, render, TARGETS, type RenderOptions, type Target } from "./render.js";
export { workloadOf, type WorkloadQuery } from "./workload.js";
