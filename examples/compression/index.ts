// Serves a page that is kept compressed: with `content-encoding: deflate` to clients that take it, unpacked to
// others. Configuration:
//   { "path": "/terms", "content_type": "text/plain", "page": "Lots of words, …" }
// Envoy compresses and unpacks, in the format of zlib, which HTTP calls "deflate" (RFC 9110 section 8.4.1.2). Unpack
// only what you have packed: Envoy puts no bound on what comes out, so octets from a peer could take all memory.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  compress,
  FilterHeadersStatus,
  HttpContext,
  JsonReader,
  LocalResponse,
  logError,
  PluginContext,
  registerPlugin,
  uncompress,
} from "tremula/assembly";

class Compression extends PluginContext {
  path: Bytes = Bytes.EMPTY;
  contentType: Bytes = Bytes.EMPTY;
  packed: Bytes = Bytes.EMPTY;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.path = root.string("path");
    this.contentType = root.stringOr("content_type", "text/plain");
    const page = root.string("page");
    if (!json.finish()) {
      logError(json.error);
      return false;
    }
    const packed = compress(page);
    if (packed === null) {
      logError("compression: Envoy cannot compress");
      return false;
    }
    this.packed = packed;
    return true;
  }

  createHttpContext(): HttpContext {
    return new Request(this);
  }
}

class Request extends HttpContext {
  constructor(private readonly plugin: Compression) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const path = this.requestHeaders.get(":path");
    if (path === null || !path.equals(this.plugin.path)) return FilterHeadersStatus.Continue;
    this.sendLocalResponse(this.page());
    return FilterHeadersStatus.StopIteration;
  }

  private page(): LocalResponse {
    const plugin = this.plugin;
    const response = new LocalResponse(200)
      .withHeader("content-type", plugin.contentType)
      .withHeader("vary", "accept-encoding");
    const accepted = this.requestHeaders.get("accept-encoding");
    if (accepted !== null && takesDeflate(accepted)) {
      return response.withHeader("content-encoding", "deflate").withBody(plugin.packed);
    }
    const page = uncompress(plugin.packed);
    return page !== null ? response.withBody(page) : new LocalResponse(500);
  }
}

/** Whether `deflate` is in a list such as `gzip, deflate;q=0.5`, and not with a weight of 0. */
function takesDeflate(list: Bytes): bool {
  for (const codings = list.list(); codings.next();) {
    if (codings.is("deflate")) return codings.parameters.isEmpty || !isZero(codings.parameters);
  }
  return false;
}

/** Whether a weight is `q=0`, `q=0.0` and so on. */
function isZero(weight: Bytes): bool {
  for (let i = 0; i < weight.length; i++) {
    const octet = weight.at(i);
    if (octet >= 0x31 && octet <= 0x39) return false; // 1 to 9
  }
  return true;
}

registerPlugin(() => new Compression());
