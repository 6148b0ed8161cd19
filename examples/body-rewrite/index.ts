// Takes secrets out of response bodies: every occurrence of a word is replaced. Configuration:
//   { "words": ["hunter2"], "replacement": "[redacted]", "content_types": ["application/json", "text/plain"] }
// "content_types" may be left out. The words are looked for as they are: a server that may write `\u0068unter2` for
// `hunter2` in JSON needs a filter that reads JSON.
//
// The whole body is held until its end. One that is larger than Envoy's buffer limit is answered with 500, and one
// that is encoded, which this filter cannot read, with 502: what cannot be checked does not leave.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  ByteWriter,
  Counter,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  HttpContext,
  JsonReader,
  LocalResponse,
  logError,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const redactions = new Counter("body_rewrite.redactions");

class BodyRewrite extends PluginContext {
  words: Array<Bytes> = [];
  contentTypes: Array<Bytes> = [];
  replacement: Bytes = Bytes.EMPTY;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    const words = root.array("words");
    for (let i = 0; i < words.length; i++) {
      const word = words.string(i);
      // An empty word would be found everywhere.
      if (!word.isEmpty) this.words.push(word);
    }
    this.replacement = root.string("replacement");
    const types = root.arrayOrEmpty("content_types");
    for (let i = 0; i < types.length; i++) this.contentTypes.push(types.string(i));
    if (!json.finish()) {
      logError(json.error);
      return false;
    }
    if (this.contentTypes.length == 0)
      this.contentTypes = [Bytes.of("application/json"), Bytes.of("text/plain")];
    return true;
  }

  createHttpContext(): HttpContext {
    return new Response(this);
  }
}

class Response extends HttpContext {
  private rewrites: bool = false;

  constructor(private readonly plugin: BodyRewrite) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    // Only a body that is whole and as it is can be searched.
    this.requestHeaders.remove("accept-encoding");
    this.requestHeaders.remove("range");
    return FilterHeadersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    if (endOfStream || !this.isText()) return FilterHeadersStatus.Continue;
    const encoding = this.responseHeaders.get("content-encoding");
    if (encoding !== null && !encoding.equalsIgnoreCase("identity")) {
      this.sendLocalResponse(
        new LocalResponse(502).withBody("unreadable\n").withDetails("body_rewrite_encoded"),
      );
      return FilterHeadersStatus.StopIteration;
    }
    this.rewrites = true;
    // Both are of the body as it was.
    this.responseHeaders.remove("content-length");
    this.responseHeaders.remove("etag");
    return FilterHeadersStatus.Continue;
  }

  onResponseBody(size: u32, endOfStream: bool): FilterDataStatus {
    if (!this.rewrites) return FilterDataStatus.Continue;
    if (!endOfStream) return FilterDataStatus.StopIterationAndBuffer;
    this.rewrite();
    return FilterDataStatus.Continue;
  }

  /** Where there are trailers, the body ends here. */
  onResponseTrailers(count: u32): FilterTrailersStatus {
    if (this.rewrites) this.rewrite();
    return FilterTrailersStatus.Continue;
  }

  private isText(): bool {
    const type = this.responseHeaders.get("content-type");
    if (type === null) return false;
    const end = type.indexOfByte(0x3b); // ;
    const essence = (end < 0 ? type : type.slice(0, end)).trim();
    const wanted = this.plugin.contentTypes;
    for (let i = 0; i < wanted.length; i++) if (essence.equalsIgnoreCase(wanted[i])) return true;
    return false;
  }

  private rewrite(): void {
    const body = this.responseBody.get();
    if (body === null) return;
    const plugin = this.plugin;
    let text = body;
    for (let i = 0; i < plugin.words.length; i++) text = replaced(text, plugin.words[i], plugin.replacement);
    if (text !== body) this.responseBody.replace(text);
  }
}

/** `text` with every `word` replaced; `text` itself when there is none. */
function replaced(text: Bytes, word: Bytes, replacement: Bytes): Bytes {
  let at = text.indexOf(word);
  if (at < 0) return text;
  const written = new ByteWriter(text.length);
  let from = 0;
  for (; at >= 0; at = text.indexOf(word, from)) {
    written.write(text.slice(from, at)).write(replacement);
    from = at + word.length;
    redactions.increment();
  }
  return written.write(text.slice(from)).toBytes();
}

registerPlugin(() => new BodyRewrite());
