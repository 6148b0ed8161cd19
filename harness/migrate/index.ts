export { migrate, type MigrateOptions, type Migration } from "./migrate.js";
export { mtlsPlan, type MtlsPlan, type MtlsPlanOptions, type Phase } from "./mtls-plan.js";
export { filesOf, planText } from "./mtls-text.js";
export { noteText, type Note, type NoteKind } from "./note.js";
export { yamlOf, type Written } from "./written.js";
