// Adds a response header: a greeting, with a name from the request where there is one. Configuration:
//   { "header": "x-greeting", "value": "hello", "from": "x-name" }
export * from "tremula/assembly/proxy";
import {
  Bytes,
  ByteWriter,
  Counter,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  logError,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const requests = new Counter("add_header.requests");

class AddHeader extends PluginContext {
  header: Bytes = Bytes.EMPTY;
  value: Bytes = Bytes.EMPTY;
  from: Bytes = Bytes.EMPTY;
  /** One for all streams: it is written and sent within one callback. */
  readonly line: ByteWriter = new ByteWriter();

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.header = root.string("header");
    this.value = root.stringOr("value", "hello");
    this.from = root.stringOr("from", "x-name");
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  createHttpContext(): HttpContext {
    return new Greeting(this);
  }
}

class Greeting extends HttpContext {
  private name: Bytes | null = null;

  constructor(private readonly plugin: AddHeader) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    requests.increment();
    // Envoy takes the request's headers away when the request goes on, so what the response needs is read now.
    this.name = this.requestHeaders.get(this.plugin.from);
    return FilterHeadersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const plugin = this.plugin;
    const name = this.name;
    const line = plugin.line.clear().write(plugin.value);
    if (name !== null) line.write(", ").write(name);
    this.responseHeaders.add(plugin.header, line);
    return FilterHeadersStatus.Continue;
  }
}

registerPlugin(() => new AddHeader());
