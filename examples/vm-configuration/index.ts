// Reads two configurations: that of the VM, which all its plugins share, and that of each plugin.
//   vm_config.configuration: { "environment": "staging" }
//   configuration:           { "service": "orders" }
// Every response says both in x-served-by: `orders.staging`.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  logError,
  PluginContext,
  registerPlugin,
  registerVm,
  VmContext,
} from "tremula/assembly";

/** The one thing that belongs into a global: what is the same for all plugins of the VM. */
let environment: Bytes = Bytes.EMPTY;

class Vm extends VmContext {
  /** Before any plugin is configured. False keeps the VM, and so all its plugins, from starting. */
  onStart(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    environment = json.object().string("environment");
    if (json.finish()) return true;
    logError(Bytes.of("vm_config: ").concat(json.error));
    return false;
  }
}

class VmConfiguration extends PluginContext {
  servedBy: Bytes = Bytes.EMPTY;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    this.servedBy = json.object().string("service").concat(".").concat(environment);
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  createHttpContext(): HttpContext {
    return new Stream(this);
  }
}

class Stream extends HttpContext {
  constructor(private readonly plugin: VmConfiguration) {
    super();
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.responseHeaders.add("x-served-by", this.plugin.servedBy);
    return FilterHeadersStatus.Continue;
  }
}

registerVm(() => new Vm());
registerPlugin(() => new VmConfiguration());
