// __name__: answers requests without a tenant, and tells the upstream's response which tenant it was for.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  LocalResponse,
  logError,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const refused = new Counter("__name__.refused");

/** One for each place in Envoy's configuration that loads the filter. */
class Plugin extends PluginContext {
  header: Bytes = Bytes.EMPTY;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.header = root.stringOr("header", "x-tenant");
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  createHttpContext(): HttpContext {
    return new Stream(this);
  }
}

/** One for each request. */
class Stream extends HttpContext {
  private tenant: Bytes | null = null;

  constructor(private readonly plugin: Plugin) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.tenant = this.requestHeaders.get(this.plugin.header);
    if (this.tenant === null) {
      refused.increment();
      this.sendLocalResponse(new LocalResponse(400).withBody("no tenant\n").withDetails("no_tenant"));
      return FilterHeadersStatus.StopIteration;
    }
    return FilterHeadersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const tenant = this.tenant;
    if (tenant !== null) this.responseHeaders.add("x-served-tenant", tenant);
    return FilterHeadersStatus.Continue;
  }
}

registerPlugin(() => new Plugin());
