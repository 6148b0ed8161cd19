// Sends requests that carry a header to a canary: gives them another :authority, for which Envoy has another route.
// Configuration, where "header" and "value" may be left out:
//   { "header": "x-canary", "value": "yes", "authority": "canary.example" }
// Whoever may send the header chooses the canary; what must not be chosen by clients needs more than a header.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  logError,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const canaries = new Counter("header_routing.canaries");

class HeaderRouting extends PluginContext {
  header: Bytes = Bytes.EMPTY;
  value: Bytes = Bytes.EMPTY;
  authority: Bytes = Bytes.EMPTY;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.header = root.stringOr("header", "x-canary");
    this.value = root.stringOr("value", "yes");
    this.authority = root.string("authority");
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  constructor(private readonly plugin: HeaderRouting) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const plugin = this.plugin;
    const value = this.requestHeaders.get(plugin.header);
    if (value === null || !value.equals(plugin.value)) return FilterHeadersStatus.Continue;
    canaries.increment();
    // Envoy chose the route before the filters ran. It chooses again when a module of this ABI, 0.2.1, changes request
    // headers; a route that depends on something else, such as filter state, needs `this.clearRouteCache()`.
    this.requestHeaders.replace(":authority", plugin.authority);
    return FilterHeadersStatus.Continue;
  }
}

registerPlugin(() => new HeaderRouting());
