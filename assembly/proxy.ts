// SPDX-License-Identifier: Apache-2.0
// What the host calls. A filter's entry file has one line for it: `export * from "tremula/assembly/proxy";`. The build
// then drops the callbacks that the filter's classes do not override.
export { malloc, proxy_on_memory_allocate } from "./abi/memory";
export { proxy_abi_version_0_2_1 } from "./abi/version";
export * from "./callbacks/lifecycle";
export * from "./callbacks/envoy";
export * from "./callbacks/grpc";
export * from "./callbacks/http";
export * from "./callbacks/http-call";
export * from "./callbacks/tcp";
import "./abi/abort";
