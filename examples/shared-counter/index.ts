// A quota over all workers: so many requests in each window of time, counted in data that all VMs share.
// Configuration:
//   { "name": "api", "limit": 1000, "window_seconds": 60 }
// Plugins with the same vm_id and name share the quota. Windows begin at full minutes, hours and so on, and what is
// not used is lost with its window. When the count cannot be kept, requests are refused.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  currentTimeNanoseconds,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  LocalResponse,
  logError,
  PluginContext,
  registerPlugin,
  SharedData,
  Status,
} from "tremula/assembly";

const NANOSECONDS: u64 = 1_000_000_000;
/** The number of the window, and how many requests it has had: eight octets each. */
const ENTRY_BYTES: i32 = 16;

const refused = new Counter("shared_counter.refused");

class SharedQuota extends PluginContext {
  private key: Bytes = Bytes.EMPTY;
  private limit: u64 = 0;
  private windowSeconds: u64 = 1;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    // One key for each quota that is configured. A key for each client would be one more for whatever clients send, and
    // shared data has no way to remove a key.
    this.key = Bytes.of("quota/").concat(root.string("name"));
    this.limit = root.u32("limit");
    this.windowSeconds = root.u32("window_seconds", 1);
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  /** Takes one from the quota. @returns false when there is none left */
  take(): bool {
    const window = currentTimeNanoseconds() / NANOSECONDS / this.windowSeconds;
    const entry = SharedData.get(this.key);
    const next = Bytes.allocate(ENTRY_BYTES);
    let status = Status.CasMismatch;
    // Another worker may have counted since this one looked; then `entry.value` is what that one wrote.
    while (status == Status.CasMismatch) {
      const used = usedIn(window, entry.value);
      if (used >= this.limit) return false;
      store<u64>(next.ptr, window);
      store<u64>(next.ptr, used + 1, 8);
      status = entry.trySet(next);
    }
    return status == Status.Ok;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

/** How many requests the window has had; none when the entry is of an earlier one. */
function usedIn(window: u64, entry: Bytes | null): u64 {
  if (entry === null || entry.length != ENTRY_BYTES || load<u64>(entry.ptr) != window) return 0;
  return load<u64>(entry.ptr, 8);
}

class Request extends HttpContext {
  constructor(private readonly plugin: SharedQuota) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    if (this.plugin.take()) return FilterHeadersStatus.Continue;
    refused.increment();
    this.sendLocalResponse(new LocalResponse(429).withBody("quota used up\n").withDetails("quota_used_up"));
    return FilterHeadersStatus.StopIteration;
  }
}

registerPlugin(() => new SharedQuota());
