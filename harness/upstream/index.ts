export type { HeaderPair } from "./echo-plan.js";
export type { EchoRequest } from "./echo-record.js";
export { startEcho, type EchoOptions, type EchoServer } from "./echo.js";
