// Tells other parts of Envoy something about a request: which tier of service its key has. Configuration:
//   { "header": "x-api-key", "tiers": { "k-1234": "gold", "k-5678": "silver" } }
// The plugin "tiers" sets the property `tier`, which Envoy keeps as filter state `wasm.tier`. An access log writes it
// with %FILTER_STATE(wasm.tier:PLAIN)%, native filters such as rbac match it, and the plugin "tier-header", which
// stands for any Wasm filter behind the first, reads it. The tier of a key that is not known is "none".
export * from "tremula/assembly/proxy";
import {
  Bytes,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  logError,
  PluginContext,
  Property,
  PropertyType,
  registerPlugin,
} from "tremula/assembly";

const TIER = new Property("tier");
const TIER_STATE = new Property("filter_state", "wasm.tier");

class Tiers extends PluginContext {
  header: Bytes = Bytes.EMPTY;
  private keys: Array<Bytes> = [];
  private tiers: Array<Bytes> = [];

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.header = root.string("header");
    const tiers = root.map("tiers");
    for (let i = 0; i < tiers.length; i++) {
      this.keys.push(tiers.key(i));
      this.tiers.push(tiers.string(i));
    }
    if (!json.finish()) {
      logError(json.error);
      return false;
    }
    // As text, for those who read it through an expression; without this it is bytes.
    this.declareProperty("tier", PropertyType.String);
    return true;
  }

  tierOf(key: Bytes | null): Bytes {
    if (key === null) return Bytes.of("none");
    for (let i = 0; i < this.keys.length; i++) if (key.equals(this.keys[i])) return this.tiers[i];
    return Bytes.of("none");
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  constructor(private readonly plugin: Tiers) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    TIER.set(this.plugin.tierOf(this.requestHeaders.get(this.plugin.header)));
    return FilterHeadersStatus.Continue;
  }
}

class TierHeader extends PluginContext {
  createHttpContext(): HttpContext {
    return new Reader();
  }
}

class Reader extends HttpContext {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const tier = TIER_STATE.get();
    if (tier === null) this.requestHeaders.remove("x-tier");
    else this.requestHeaders.replace("x-tier", tier);
    return FilterHeadersStatus.Continue;
  }
}

registerPlugin(() => new Tiers(), "tiers");
registerPlugin(() => new TierHeader(), "tier-header");
