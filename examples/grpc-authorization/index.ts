// Asks a gRPC service whose token a request carries, and holds the request until the answer is there. Configuration:
//   { "cluster": "identity", "service": "example.Identity", "method": "Identify", "timeout_ms": 500 }
// "timeout_ms" may be left out. What is asked and answered is
//   message Token { string value = 1; }    message User { string name = 1; }
// A request that has a user goes on with x-user; all others are answered with 403: no token, no user, a status other
// than OK, an answer that makes no sense or does not come in time, and a question that cannot be asked.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterHeadersStatus,
  GrpcCall,
  GrpcCallout,
  GrpcStatus,
  HttpContext,
  JsonReader,
  LocalResponse,
  logError,
  PluginContext,
  ProtobufReader,
  ProtobufWriter,
  registerPlugin,
  Status,
  WireType,
} from "tremula/assembly";

const BEARER: string = "Bearer ";

const allowed = new Counter("grpc_authorization.allowed");
const denied = new Counter("grpc_authorization.denied");
const failed = new Counter("grpc_authorization.failed");

class GrpcAuthorization extends PluginContext {
  private cluster: Bytes = Bytes.EMPTY;
  private service: Bytes = Bytes.EMPTY;
  private method: Bytes = Bytes.EMPTY;
  private timeoutMs: u32 = 0;
  private readonly writer: ProtobufWriter = new ProtobufWriter();

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.cluster = root.string("cluster");
    this.service = root.string("service");
    this.method = root.string("method");
    // Not 0, which would wait for ever.
    this.timeoutMs = root.u32Or("timeout_ms", 500, 1, 60_000);
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  question(token: Bytes): GrpcCall {
    const call = new GrpcCall();
    call.cluster = this.cluster;
    call.service = this.service;
    call.method = this.method;
    call.timeoutMs = this.timeoutMs;
    call.message = this.writer.clear().bytes(1, token).toBytes();
    return call;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  private user: Bytes = Bytes.EMPTY;

  constructor(private readonly plugin: GrpcAuthorization) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const token = this.token();
    if (token === null) {
      this.deny("authorization_no_token", denied);
    } else if (this.dispatch(this.plugin.question(token)) != Status.Ok) {
      this.deny("authorization_not_asked", failed);
    }
    return FilterHeadersStatus.StopAllIterationAndWatermark;
  }

  onGrpcMessage(call: GrpcCallout, message: Bytes): void {
    const reader = new ProtobufReader(message);
    while (reader.next()) {
      if (reader.field == 1 && reader.wireType == WireType.Length) this.user = reader.bytes;
    }
    if (reader.malformed) this.user = Bytes.EMPTY;
  }

  /** The last of every call, however it went. */
  onGrpcClose(call: GrpcCallout, status: GrpcStatus, message: Bytes): void {
    if (status == GrpcStatus.Ok && !this.user.isEmpty) {
      // In place of what the client may have sent. A name that cannot be a header value is refused: no user then.
      if (this.requestHeaders.replace("x-user", this.user) != Status.Ok) {
        this.deny("authorization_failed", failed);
        return;
      }
      allowed.increment();
      this.continueRequest();
    } else if (
      status == GrpcStatus.Ok ||
      status == GrpcStatus.NotFound ||
      status == GrpcStatus.PermissionDenied
    ) {
      this.deny("authorization_denied", denied);
    } else {
      this.deny("authorization_failed", failed);
    }
  }

  /** The token, or null. Also when there are two, which Envoy joins with a comma: the upstream might take the other. */
  private token(): Bytes | null {
    const headers = this.requestHeaders.pairs();
    let credentials: Bytes | null = null;
    while (headers.next()) {
      if (!headers.nameIs("authorization")) continue;
      if (credentials !== null) return null;
      credentials = headers.value;
    }
    if (credentials === null || !credentials.startsWith(BEARER) || credentials.indexOf(",") >= 0) return null;
    return credentials.slice(BEARER.length);
  }

  private deny(details: string, counter: Counter): void {
    counter.increment();
    this.sendLocalResponse(new LocalResponse(403).withBody("not allowed\n").withDetails(details));
  }
}

registerPlugin(() => new GrpcAuthorization());
