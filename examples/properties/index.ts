// Lets requests pass by a property of Envoy: of the route, of its metadata, of the connection. Configuration:
//   { "property": ["xds", "route_metadata", "filter_metadata", "access", "level"], "values": ["public"] }
// The property must be a text and one of the values; absent or another, the request is answered with 403. So a route
// that nobody has thought about is closed. Envoy's page "Attributes" has the names.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  LocalResponse,
  logDebug,
  logEnabled,
  logError,
  LogLevel,
  PluginContext,
  Property,
  registerPlugin,
} from "tremula/assembly";

const allowed = new Counter("properties.allowed");
const denied = new Counter("properties.denied");

class Properties extends PluginContext {
  private property: Property = new Property("");
  private values: Array<Bytes> = [];

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    const path = root.array("property");
    if (path.length > 0) this.property = new Property(path.string(0).toString());
    for (let i = 1; i < path.length; i++) this.property = this.property.at(path.string(i));
    const values = root.array("values");
    for (let i = 0; i < values.length; i++) this.values.push(values.string(i));
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  allows(): bool {
    const value = this.property.get();
    if (value === null) return false;
    for (let i = 0; i < this.values.length; i++) if (value.equals(this.values[i])) return true;
    if (logEnabled(LogLevel.Debug)) logDebug(`properties: "${value.toString()}" is not allowed`);
    return false;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  constructor(private readonly plugin: Properties) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    if (this.plugin.allows()) {
      allowed.increment();
      return FilterHeadersStatus.Continue;
    }
    denied.increment();
    this.sendLocalResponse(new LocalResponse(403).withBody("not allowed\n").withDetails("properties_denied"));
    return FilterHeadersStatus.StopIteration;
  }
}

registerPlugin(() => new Properties());
