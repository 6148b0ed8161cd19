export type { EchoRequest } from "./echo-record.js";
export { startEcho, type EchoServer } from "./echo.js";
export { startGrpc } from "./grpc.js";
