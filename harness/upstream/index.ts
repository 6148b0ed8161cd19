export { type AccessLogServer, startAccessLog } from "./access-log.js";
export type { EchoRequest } from "./echo-record.js";
export { startEcho, type EchoServer } from "./echo.js";
export { startGrpc } from "./grpc.js";
export { JwksPlan } from "./jwks-plan.js";
export { type JwksServer, startJwks } from "./jwks.js";
