export { migrate, type MigrateOptions } from "./migrate.js";
export { mtlsPlan, type MtlsPlanOptions, type Phase } from "./mtls-plan.js";
export { filesOf, planText } from "./mtls-text.js";
export { noteText, type Note } from "./note.js";
export { yamlOf } from "./written.js";
