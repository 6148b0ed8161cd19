// A network filter that picks the cluster of a TCP connection by where it comes from. Configuration:
//   { "routes": [ { "from": "10.1.0.0/16", "cluster": "office" }, { "from": "0.0.0.0/0", "cluster": "world" } ] }
// The first network that has the address wins. Connections that no network has, IPv6 among them, are closed. It tells
// Envoy's tcp_proxy, which must be behind it, through the filter state `envoy.tcp_proxy.cluster`.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterStatus,
  JsonReader,
  logError,
  PluginContext,
  registerPlugin,
  SourceAttributes,
  Status,
  TcpContext,
} from "tremula/assembly";

const INVALID: i64 = -1;

const routed = new Counter("tcp_routing.routed");
const closed = new Counter("tcp_routing.closed");

class Network {
  constructor(
    private readonly address: u32,
    private readonly mask: u32,
    public readonly cluster: Bytes,
  ) {}

  has(address: u32): bool {
    return (address & this.mask) == (this.address & this.mask);
  }
}

class TcpRouting extends PluginContext {
  private networks: Array<Network> = [];

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const routes = json.object().array("routes");
    for (let i = 0; i < routes.length; i++) {
      const route = routes.object(i);
      const from = route.string("from");
      const slash = from.indexOf("/");
      const address = parseAddress(from.slice(0, max(slash, 0)));
      const bits = slash < 0 ? INVALID : parseNumber(from.slice(slash + 1), 32);
      const cluster = route.string("cluster");
      if (json.failed) break;
      if (address == INVALID || bits == INVALID) {
        logError(`$.routes[${i.toString()}].from: expected an IPv4 network such as 10.1.0.0/16`);
        return false;
      }
      const hostBits: u32 = 32 - <u32>bits;
      // A shift by all 32 bits would be one by none.
      const mask: u32 = hostBits == 32 ? 0 : u32.MAX_VALUE << hostBits;
      this.networks.push(new Network(<u32>address, mask, cluster));
    }
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  /** The cluster for a source such as `10.1.2.3:40000`, or null. */
  clusterFor(source: Bytes): Bytes | null {
    const colon = source.indexOf(":");
    const address = parseAddress(source.slice(0, max(colon, 0)));
    if (address == INVALID) return null;
    for (let i = 0; i < this.networks.length; i++) {
      if (this.networks[i].has(<u32>address)) return this.networks[i].cluster;
    }
    return null;
  }

  createTcpContext(): TcpContext {
    return new Connection(this);
  }
}

class Connection extends TcpContext {
  constructor(private readonly plugin: TcpRouting) {
    super();
  }

  onNewConnection(): FilterStatus {
    const source = SourceAttributes.address;
    const cluster = source !== null ? this.plugin.clusterFor(source) : null;
    if (cluster !== null && this.setEnvoyFilterState("envoy.tcp_proxy.cluster", cluster) == Status.Ok) {
      routed.increment();
      return FilterStatus.Continue;
    }
    closed.increment();
    this.closeDownstream();
    return FilterStatus.StopIteration;
  }
}

/** An IPv4 address as a number, or `INVALID`. */
function parseAddress(text: Bytes): i64 {
  let address: i64 = 0;
  let start = 0;
  for (let part = 0; part < 4; part++) {
    const dot = text.indexOf(".", start);
    if (dot < 0 != (part == 3)) return INVALID;
    const number = parseNumber(dot < 0 ? text.slice(start) : text.slice(start, dot), 255);
    if (number == INVALID) return INVALID;
    address = (address << 8) | number;
    start = dot + 1;
  }
  return address;
}

/** One to three digits, at most `most`, or `INVALID`. */
function parseNumber(text: Bytes, most: u64): i64 {
  const number = text.length <= 3 ? text.toUint(u64.MAX_VALUE) : u64.MAX_VALUE;
  return number <= most ? <i64>number : INVALID;
}

registerPlugin(() => new TcpRouting());
