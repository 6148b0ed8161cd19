// Counts requests by method, status class and tenant, and their duration by tenant. Configuration:
//   { "header": "x-tenant", "tenants": ["acme", "globex"] }
// A series takes memory in Envoy for ever, so clients must not make any: a tenant that is not known is "other", and
// so is a method that is none of HTTP's. Envoy makes labels of the tags by the rules in `stats_config`, see
// envoy.yaml.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  logError,
  PluginContext,
  registerPlugin,
  RequestAttributes,
  ResponseAttributes,
  TaggedCounter,
  TaggedHistogram,
} from "tremula/assembly";

const requests = new TaggedCounter("tenant_requests", ["method", "class", "tenant"]);
const durations = new TaggedHistogram("tenant_duration_ms", ["tenant"]);

const METHODS: string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
const OTHER: Bytes = Bytes.of("other");

class MetricsWithTags extends PluginContext {
  header: Bytes = Bytes.EMPTY;
  readonly tenants: Array<Bytes> = [];
  readonly methods: Array<Bytes> = [];

  onConfigure(configuration: Bytes): bool {
    for (let i = 0; i < METHODS.length; i++) this.methods.push(Bytes.of(METHODS[i]));
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.header = root.string("header");
    const tenants = root.array("tenants");
    for (let i = 0; i < tenants.length; i++) this.tenants.push(tenants.string(i));
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  private method: Bytes = OTHER;
  private tenant: Bytes = OTHER;

  constructor(private readonly plugin: MetricsWithTags) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    // Here and not in onLog: filters behind this one may change them.
    this.method = oneOf(this.plugin.methods, this.requestHeaders.get(":method"));
    this.tenant = oneOf(this.plugin.tenants, this.requestHeaders.get(this.plugin.header));
    return FilterHeadersStatus.Continue;
  }

  onLog(): void {
    requests.with(this.method).with(classOf(ResponseAttributes.code)).with(this.tenant).increment();
    const nanoseconds = RequestAttributes.duration;
    if (nanoseconds >= 0) durations.with(this.tenant).record(<u64>nanoseconds / 1_000_000);
  }
}

/** The one of `known` that `value` is, or "other". Not `value` itself, which would keep all headers alive. */
function oneOf(known: Array<Bytes>, value: Bytes | null): Bytes {
  if (value === null) return OTHER;
  for (let i = 0; i < known.length; i++) if (value.equals(known[i])) return known[i];
  return OTHER;
}

/** `2xx` for 200; `none` where there was no answer. */
function classOf(code: i64): string {
  if (code < 100) return "none";
  if (code < 200) return "1xx";
  if (code < 300) return "2xx";
  if (code < 400) return "3xx";
  return code < 500 ? "4xx" : "5xx";
}

registerPlugin(() => new MetricsWithTags());
