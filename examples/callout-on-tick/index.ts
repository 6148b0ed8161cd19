// Fetches a value from a service by timer and gives it to every request in a header; no request waits for it.
// Configuration:
//   { "cluster": "flags", "path": "/flags", "headers": { "x-api-key": "secret" },
//     "header": "x-flags", "every_ms": 10000 }
// "headers", which may be left out, go with the question. When the service fails, the last value stays; until the
// first one is there, requests go without. Every worker fetches for itself, and so does Envoy's main thread.
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
  logInfo,
  logWarn,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const MAX_VALUE_BYTES: u32 = 1024;

const failures = new Counter("callout_on_tick.failures");

class CalloutOnTick extends PluginContext {
  header: Bytes = Bytes.EMPTY;
  value: Bytes | null = null;
  private readonly call: HttpCall = new HttpCall();
  private everyMs: u32 = 0;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.header = root.string("header");
    this.everyMs = root.u32("every_ms", 100, 86_400_000);
    this.call.cluster = root.string("cluster");
    this.call.authority = this.call.cluster;
    this.call.path = root.string("path");
    this.call.timeoutMs = 2000;
    const headers = root.mapOrEmpty("headers");
    for (let i = 0; i < headers.length; i++) this.call.withHeader(headers.key(i), headers.string(i));
    if (!json.finish()) {
      logError(json.error);
      return false;
    }
    // Soon, not here: Envoy runs this on its main thread too, for a plugin that it then throws away.
    this.setTickPeriod(1);
    return true;
  }

  onTick(): void {
    this.setTickPeriod(this.everyMs);
    // One at a time. Why one was not sent is in the log.
    if (!this.call.pending) this.dispatch(this.call);
  }

  onHttpCallResponse(call: HttpCall, response: HttpCallResponse): void {
    const body = response.ok && response.bodySize <= MAX_VALUE_BYTES ? response.body.get() : null;
    if (body === null) {
      failures.increment();
      logWarn(`callout-on-tick: no new value: status ${response.statusCode.toString()}`);
      return;
    }
    const value = this.value;
    if (value !== null && value.equals(body)) return;
    this.value = body;
    logInfo("callout-on-tick: a new value");
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  constructor(private readonly plugin: CalloutOnTick) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const value = this.plugin.value;
    // Either way, what the client sent is gone.
    if (value === null) this.requestHeaders.remove(this.plugin.header);
    else this.requestHeaders.replace(this.plugin.header, value);
    return FilterHeadersStatus.Continue;
  }
}

registerPlugin(() => new CalloutOnTick());
