// Holds requests and releases them by timer, so that the upstream gets them at a steady rate. Configuration:
//   { "every_ms": 100, "release": 5, "capacity": 1000 }
// Every 100 milliseconds the 5 oldest go on; each worker has its own queue. More than 1000 are not held but get 429.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  LocalResponse,
  logError,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const released = new Counter("postponed_requests.released");
const refused = new Counter("postponed_requests.refused");
const abandoned = new Counter("postponed_requests.abandoned");

class PostponedRequests extends PluginContext {
  private readonly held: Array<Postponed> = [];
  private perTick: u32 = 0;
  private capacity: u32 = 0;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    const everyMs = root.u32("every_ms", 1, 60_000);
    this.perTick = root.u32("release", 1, 10_000);
    this.capacity = root.u32("capacity", 0, 10_000);
    if (json.finish()) {
      this.setTickPeriod(everyMs);
      return true;
    }
    logError(json.error);
    return false;
  }

  onTick(): void {
    for (let i: u32 = 0; i < this.perTick && this.held.length > 0; i++) {
      // Acts on the request that is held, although this callback is the plugin's.
      this.held.shift().go();
      released.increment();
    }
  }

  /** @returns false when there is no room */
  postpone(request: Postponed): bool {
    if (<u32>this.held.length >= this.capacity) return false;
    this.held.push(request);
    return true;
  }

  /** @returns whether it was held */
  forget(request: Postponed): bool {
    const index = this.held.indexOf(request);
    if (index < 0) return false;
    this.held.splice(index, 1);
    return true;
  }

  createHttpContext(): HttpContext {
    return new Postponed(this);
  }
}

class Postponed extends HttpContext {
  constructor(private readonly plugin: PostponedRequests) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    if (!this.plugin.postpone(this)) {
      refused.increment();
      this.sendLocalResponse(
        new LocalResponse(429).withBody("too many requests\n").withHeader("retry-after", "1"),
      );
    }
    return FilterHeadersStatus.StopAllIterationAndWatermark;
  }

  go(): void {
    this.requestHeaders.replace("x-postponed", "1");
    this.continueRequest();
  }

  /** A client that has gone must not take a place. */
  onDone(): void {
    if (this.plugin.forget(this)) abandoned.increment();
  }
}

registerPlugin(() => new PostponedRequests());
