export * from "tremula/assembly/proxy";
import { Bytes, Counter, FilterHeadersStatus, HttpContext, PluginContext, registerPlugin } from "tremula/assembly";

const requests = new Counter("add_header.requests");

class AddHeader extends PluginContext {
  header: Bytes = Bytes.of("x-greeting");
  value: Bytes = Bytes.of("hello");
  from: Bytes = Bytes.of("x-name");
  onConfigure(configuration: Bytes): bool { return true; }
  createHttpContext(): HttpContext { return new Greeting(this); }
}

class Greeting extends HttpContext {
  private name: Bytes | null = null;
  constructor(private readonly plugin: AddHeader) { super(); }
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    requests.increment();
    this.name = this.requestHeaders.get(this.plugin.from);
    return FilterHeadersStatus.Continue;
  }
  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const name = this.name;
    const value = this.plugin.value;
    this.responseHeaders.add(this.plugin.header, name !== null ? value.concat(", ").concat(name) : value);
    return FilterHeadersStatus.Continue;
  }
}
registerPlugin(() => new AddHeader());
