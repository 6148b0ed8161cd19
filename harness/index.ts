/** The harness as a library: what the commands are made of. */
export { audit, type Finding } from "./build/audit.js";
export { compile, type Compiled, type CompileOptions } from "./build/compile.js";
export { type ModuleExport, type ModuleImport, readModule, type WasmModule } from "./build/module.js";
export { type Case, loadCases } from "./conformance/cases.js";
export { type ClientRequest, type ClientResponse, send } from "./conformance/client.js";
export { type ConformanceOptions, runConformance } from "./conformance/run.js";
export { type CaseOutcome, type ConformanceResult } from "./conformance/subject.js";
export { NodeSubject } from "./conformance/node-subject.js";
export * from "./envoy/index.js";
export { ExitCode, HarnessError } from "./errors.js";
export * from "./host/index.js";
export { Progress } from "./progress.js";
export { type EchoRequest, type EchoServer, startEcho } from "./upstream/index.js";
