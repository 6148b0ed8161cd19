export { CHECKS, ISTIO_CODES } from "./checks/index.js";
export type { Finding } from "./finding.js";
export { fixFiles, insert, insertionsOf } from "./fix.js";
export { readMetrics } from "./read-metrics.js";
export { jsonReport } from "./report-json.js";
export { sarifReport } from "./report-sarif.js";
export { textReport } from "./report-text.js";
export { countOf, RULES, vet, type VetOptions, type VetResult } from "./vet.js";
