// __name__: lets a connection pass once its first line is the greeting that is configured, and closes others.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterStatus,
  JsonReader,
  logError,
  PluginContext,
  registerPlugin,
  TcpContext,
} from "tremula/assembly";

const refused = new Counter("__name__.refused");

/** One for each place in Envoy's configuration that loads the filter. */
class Plugin extends PluginContext {
  greeting: Bytes = Bytes.EMPTY;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.greeting = root.stringOr("greeting", "hello").concat("\n");
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  createTcpContext(): TcpContext {
    return new Connection(this);
  }
}

/** One for each connection. */
class Connection extends TcpContext {
  private greeted: bool = false;

  constructor(private readonly plugin: Plugin) {
    super();
  }

  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    if (this.greeted) return FilterStatus.Continue;
    const greeting = this.plugin.greeting;
    const data = this.downstreamData.get();
    if (data === null) return FilterStatus.Continue;
    // Held bytes are seen again together with those that come: this looks at all so far.
    if (data.startsWith(greeting)) {
      this.greeted = true;
      return FilterStatus.Continue;
    }
    if (greeting.startsWith(data) && !endOfStream) return FilterStatus.StopIteration;
    refused.increment();
    this.closeDownstream();
    return FilterStatus.StopIteration;
  }
}

registerPlugin(() => new Plugin());
