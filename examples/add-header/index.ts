export * from "tremula/assembly/proxy";
import {
  Bytes,
  ByteWriter,
  Counter,
  FilterHeadersStatus,
  HttpContext,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const requests = new Counter("add_header.requests");

class AddHeader extends PluginContext {
  header: Bytes = Bytes.of("x-greeting");
  value: Bytes = Bytes.of("hello");
  from: Bytes = Bytes.of("x-name");
  readonly line: ByteWriter = new ByteWriter();

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
