// Asks several services at once about a request, and lets it go on when all have answered, each answer in a header of
// its own. Configuration:
//   { "timeout_ms": 200, "forward": "x-session", "lookups": [
//       { "header": "x-plan", "cluster": "billing", "path": "/plan" },
//       { "header": "x-segment", "cluster": "marketing", "path": "/segment" } ] }
// A service that does not answer in time, or not with 200 to 299 and a short text, leaves its header out: this filter
// enriches requests. callout-authorization shows one that protects something.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterHeadersStatus,
  HttpCall,
  HttpCallResponse,
  HttpContext,
  JsonReader,
  logError,
  PluginContext,
  registerPlugin,
  Status,
} from "tremula/assembly";

const MAX_ANSWER_BYTES: u32 = 256;

const answers = new Counter("several_callouts.answers");
const failures = new Counter("several_callouts.failures");

class Lookup {
  constructor(
    public readonly header: Bytes,
    public readonly cluster: Bytes,
    public readonly path: Bytes,
  ) {}
}

class SeveralCallouts extends PluginContext {
  lookups: Array<Lookup> = [];
  forward: Bytes = Bytes.EMPTY;
  timeoutMs: u32 = 0;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.timeoutMs = root.u32("timeout_ms", 1, 60_000);
    this.forward = root.string("forward");
    const lookups = root.array("lookups");
    for (let i = 0; i < lookups.length; i++) {
      const lookup = lookups.object(i);
      this.lookups.push(new Lookup(lookup.string("header"), lookup.string("cluster"), lookup.string("path")));
    }
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

/** A call that knows which header its answer is for. */
class LookupCall extends HttpCall {
  constructor(public readonly header: Bytes) {
    super();
  }
}

class Request extends HttpContext {
  private pending: i32 = 0;

  constructor(private readonly plugin: SeveralCallouts) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const plugin = this.plugin;
    const session = this.requestHeaders.get(plugin.forward);
    for (let i = 0; i < plugin.lookups.length; i++) {
      const lookup = plugin.lookups[i];
      // A client does not answer for the service.
      this.requestHeaders.remove(lookup.header);
      const call = new LookupCall(lookup.header);
      call.cluster = lookup.cluster;
      call.authority = lookup.cluster;
      call.path = lookup.path;
      call.timeoutMs = plugin.timeoutMs;
      if (session !== null) call.withHeader(plugin.forward, session);
      // A call that was not sent is not answered, so it must not be waited for.
      if (this.dispatch(call) == Status.Ok) this.pending++;
      else failures.increment();
    }
    return this.pending > 0 ? FilterHeadersStatus.StopAllIterationAndWatermark : FilterHeadersStatus.Continue;
  }

  onHttpCallResponse(call: HttpCall, response: HttpCallResponse): void {
    this.pending--;
    this.keep(call as LookupCall, response);
    if (this.pending == 0) this.continueRequest();
  }

  private keep(call: LookupCall, response: HttpCallResponse): void {
    const body = response.ok && response.bodySize <= MAX_ANSWER_BYTES ? response.body.get() : null;
    // What cannot be a header value, a line break for instance, is refused.
    if (body !== null && this.requestHeaders.replace(call.header, body) == Status.Ok) answers.increment();
    else failures.increment();
  }
}

registerPlugin(() => new SeveralCallouts());
