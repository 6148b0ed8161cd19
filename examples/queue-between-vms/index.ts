// Hands work to a plugin in another VM, so that requests do not wait for it: "producer" notes each request that has
// ended, "consumer" reads the notes and logs them. Configuration of the producer, and of the consumer:
//   { "consumer": "audit", "capacity": 1000 }
//   {}
// The consumer's vm_id must be the producer's with a hyphen and this name behind it. A queue has no bound of its own:
// when as many notes wait as "capacity" says, new ones are dropped and counted.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  ByteWriter,
  Counter,
  FilterHeadersStatus,
  Gauge,
  HttpContext,
  JsonReader,
  logError,
  logInfo,
  PluginAttributes,
  PluginContext,
  registerPlugin,
  SharedQueue,
  Status,
} from "tremula/assembly";

const QUEUE: string = "requests";
const MAX_PATH_BYTES: i32 = 256;

// Shared data belongs to one vm_id; metrics are the same in all VMs, so this is how both sides know what waits.
const waiting = new Gauge("queue_between_vms.waiting");
const consumed = new Counter("queue_between_vms.consumed");
const dropped = new Counter("queue_between_vms.dropped");

class Producer extends PluginContext {
  private consumerVm: Bytes = Bytes.EMPTY;
  private capacity: u64 = 0;
  private queue: SharedQueue | null = null;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    const vm = PluginAttributes.vmId;
    const own = vm !== null ? vm : Bytes.EMPTY;
    this.consumerVm = own.concat("-").concat(root.string("consumer"));
    this.capacity = root.u32("capacity");
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  send(note: ByteWriter): void {
    // Not in onConfigure: the consumer may be configured later than this plugin.
    let queue = this.queue;
    if (queue === null) queue = SharedQueue.resolve(QUEUE, this.consumerVm);
    this.queue = queue;
    if (queue === null || waiting.value >= this.capacity) {
      dropped.increment();
      return;
    }
    // Before it is there: the consumer runs on another thread and may have it at once.
    waiting.add(1);
    if (queue.enqueue(note) == Status.Ok) return;
    waiting.add(-1);
    dropped.increment();
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  private readonly note: ByteWriter = new ByteWriter();

  constructor(private readonly plugin: Producer) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const method = this.requestHeaders.get(":method");
    const path = this.requestHeaders.get(":path");
    if (method !== null) this.note.write(method);
    if (path !== null) this.note.write(" ").write(path.slice(0, MAX_PATH_BYTES));
    return FilterHeadersStatus.Continue;
  }

  onDone(): void {
    this.plugin.send(this.note);
  }
}

class Consumer extends PluginContext {
  private queue: SharedQueue | null = null;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    json.object();
    if (!json.finish()) {
      logError(json.error);
      return false;
    }
    this.queue = SharedQueue.register(QUEUE);
    if (this.queue === null) logError("queue-between-vms: Envoy refuses to make the queue");
    return this.queue !== null;
  }

  onQueueReady(queueId: u32): void {
    const queue = this.queue;
    if (queue === null || queue.id != queueId) return;
    for (let note = queue.dequeue(); note !== null; note = queue.dequeue()) {
      waiting.add(-1);
      consumed.increment();
      logInfo(`queue-between-vms: ${note.toString()}`);
    }
  }

  /** Where the consumer is in a filter chain and no service of its own, it lets everything pass. */
  createHttpContext(): HttpContext {
    return new Passing();
  }
}

class Passing extends HttpContext {}

registerPlugin(() => new Producer(), "producer");
registerPlugin(() => new Consumer(), "consumer");
