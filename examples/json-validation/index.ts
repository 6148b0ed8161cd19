// Refuses request bodies that are not the JSON asked for: an object that has all these fields, of these types.
// Configuration:
//   { "fields": { "item": "string", "quantity": "number" }, "max_bytes": 4096 }
// Types are string, number, bool, array and object. Fields besides these may be there. "max_bytes" may be left out.
//
// The request is held until its body has been read, headers and all. In Envoy that needs
// `allow_on_headers_stop_iteration: true` beside `failure_policy`; without it no body arrives and requests hang.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  HttpContext,
  JsonKind,
  JsonReader,
  LocalResponse,
  logError,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const TYPES: StaticArray<string> = ["string", "number", "bool", "array", "object"];
/** The same for the reader. */
const KINDS: StaticArray<JsonKind> = [
  JsonKind.String,
  JsonKind.Number,
  JsonKind.Bool,
  JsonKind.Array,
  JsonKind.Object,
];
const MAX_DEPTH: i32 = 32;

const accepted = new Counter("json_validation.accepted");
const refused = new Counter("json_validation.refused");

class JsonValidation extends PluginContext {
  private names: Array<Bytes> = [];
  /** Of each name, the index of its type among `TYPES`. */
  private types: Array<i32> = [];
  maxBytes: u32 = 0;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    const fields = root.map("fields");
    for (let i = 0; i < fields.length; i++) {
      this.names.push(fields.key(i));
      this.types.push(fields.choice(i, TYPES));
    }
    this.maxBytes = root.u32Or("max_bytes", 65_536, 1, 1_048_576);
    if (json.finish()) return true;
    logError(json.error);
    return false;
  }

  /** @returns what is wrong with a body; nothing when it is as it should be */
  problem(body: Bytes): Bytes {
    const json = JsonReader.parsePlain(body, MAX_DEPTH, <i32>this.maxBytes);
    const root = json.object();
    if (!json.finish()) return json.error;
    for (let i = 0; i < this.names.length; i++) {
      const value = root.value(this.names[i]);
      // Not `root.f64`, which takes a number in quotes too.
      if (value !== null && value.kind == KINDS[this.types[i]]) continue;
      return Bytes.of("$.").concat(this.names[i]).concat(": expected ").concat(TYPES[this.types[i]]);
    }
    return Bytes.EMPTY;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  constructor(private readonly plugin: JsonValidation) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    if (endOfStream) {
      const method = this.requestHeaders.get(":method");
      const needsNone = method !== null && (method.equals("GET") || method.equals("HEAD"));
      if (!needsNone) this.refuse(400, Bytes.of("a body is needed"));
      return needsNone ? FilterHeadersStatus.Continue : FilterHeadersStatus.StopIteration;
    }
    // What is encoded would be something else to the upstream than it is here.
    const encoding = this.requestHeaders.get("content-encoding");
    if (encoding !== null) this.refuse(415, Bytes.of("content-encoding is not supported"));
    return FilterHeadersStatus.StopIteration;
  }

  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    // All that has come so far, as none of it has gone on.
    if (size > this.plugin.maxBytes) {
      this.refuse(413, Bytes.of("the body is too large"));
      return FilterDataStatus.StopIterationNoBuffer;
    }
    return endOfStream && this.check() ? FilterDataStatus.Continue : FilterDataStatus.StopIterationAndBuffer;
  }

  /** Where there are trailers, the body ends here. */
  onRequestTrailers(count: u32): FilterTrailersStatus {
    return this.check() ? FilterTrailersStatus.Continue : FilterTrailersStatus.StopIteration;
  }

  private check(): bool {
    const body = this.requestBody.get();
    const problem = this.plugin.problem(body !== null ? body : Bytes.EMPTY);
    if (problem.length > 0) {
      this.refuse(400, problem);
      return false;
    }
    accepted.increment();
    return true;
  }

  private refuse(status: u32, why: Bytes): void {
    refused.increment();
    this.sendLocalResponse(
      new LocalResponse(status).withBody(why.concat("\n")).withDetails("json_validation_refused"),
    );
  }
}

registerPlugin(() => new JsonValidation());
