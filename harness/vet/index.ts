export type { Check } from "./check.js";
export { CHECKS, ISTIO_CODES } from "./checks/index.js";
export type { Finding, Insertion, Severity } from "./finding.js";
export { fixFiles, insert, insertionsOf } from "./fix.js";
export { jsonReport, type JsonFinding } from "./report-json.js";
export { sarifReport } from "./report-sarif.js";
export { textReport } from "./report-text.js";
export { countOf, IGNORE_ANNOTATION, RULES, vet, type VetOptions, type VetResult } from "./vet.js";
