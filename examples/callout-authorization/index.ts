// Asks an HTTP service whether a request may go on, and holds the request until the answer is there. Configuration:
//   { "cluster": "authorization", "path": "/check", "forward": ["authorization", "cookie"], "timeout_ms": 500 }
// "timeout_ms" may be left out. The service gets the request's method and path in x-original-method and
// x-original-path and the headers of "forward". A status from 200 to 299 lets the request go on, with the x-user of
// the answer. Everything else is answered with 403: another status, no answer in time, no answer at all, and a
// question that cannot be asked.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterHeadersStatus,
  HttpCall,
  HttpCallResponse,
  HttpContext,
  JsonReader,
  LocalResponse,
  logError,
  PluginContext,
  registerPlugin,
  Status,
} from "tremula/assembly";

const allowed = new Counter("callout_authorization.allowed");
const denied = new Counter("callout_authorization.denied");
const failed = new Counter("callout_authorization.failed");

class CalloutAuthorization extends PluginContext {
  cluster: Bytes = Bytes.EMPTY;
  path: Bytes = Bytes.EMPTY;
  forward: Array<Bytes> = [];
  timeoutMs: u32 = 0;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.cluster = root.string("cluster");
    this.path = root.string("path");
    const forward = root.arrayOrEmpty("forward");
    for (let i = 0; i < forward.length; i++) this.forward.push(forward.string(i));
    // Not 0, which would wait for ever.
    this.timeoutMs = root.u32Or("timeout_ms", 500, 1, 60_000);
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  constructor(private readonly plugin: CalloutAuthorization) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    // Only the service says who it is.
    this.requestHeaders.remove("x-user");
    if (this.dispatch(this.question()) != Status.Ok) this.deny("authorization_not_asked", failed);
    return FilterHeadersStatus.StopAllIterationAndWatermark;
  }

  onHttpCallResponse(call: HttpCall, response: HttpCallResponse): void {
    if (response.ok) {
      allowed.increment();
      const user = response.headers.get("x-user");
      if (user !== null) this.requestHeaders.replace("x-user", user);
      this.continueRequest();
    } else if (response.failed || response.statusCode >= 500) {
      this.deny("authorization_failed", failed);
    } else {
      this.deny("authorization_denied", denied);
    }
  }

  private question(): HttpCall {
    const plugin = this.plugin;
    const call = new HttpCall();
    call.cluster = plugin.cluster;
    call.authority = plugin.cluster;
    call.path = plugin.path;
    call.timeoutMs = plugin.timeoutMs;
    // All values of a header, also when it was sent more than once: the service must see what the upstream will see.
    const headers = this.requestHeaders.pairs();
    while (headers.next()) {
      if (headers.nameIs(":method")) call.withHeader("x-original-method", headers.value);
      else if (headers.nameIs(":path")) call.withHeader("x-original-path", headers.value);
      for (let i = 0; i < plugin.forward.length; i++) {
        if (headers.nameIs(plugin.forward[i])) call.withHeader(headers.name, headers.value);
      }
    }
    return call;
  }

  private deny(details: string, counter: Counter): void {
    counter.increment();
    this.sendLocalResponse(new LocalResponse(403).withBody("not allowed\n").withDetails(details));
  }
}

registerPlugin(() => new CalloutAuthorization());
