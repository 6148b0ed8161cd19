// Looks for a pattern in response bodies as they pass, across the borders of chunks, and buffers nothing.
// Configuration:
//   { "pattern": "BEGIN PRIVATE KEY", "on_match": "reset" }
// "on_match" is "count", the default, or "reset", which breaks the response off: the client sees an error, and
// nothing from the chunk on in which the pattern ends. What came before has gone out; who must not let out any of it
// has to hold the body, as body-rewrite does.
export * from "tremula/assembly/proxy";
import {
  Bytes,
  Counter,
  FilterDataStatus,
  HttpContext,
  JsonReader,
  logError,
  PluginContext,
  registerPlugin,
} from "tremula/assembly";

const ON_MATCH: StaticArray<string> = ["count", "reset"];
const RESET: i32 = 1;

const matches = new Counter("chunk_search.matches");

class ChunkSearch extends PluginContext {
  pattern: Bytes = Bytes.EMPTY;
  onMatch: i32 = 0;
  /**
   * For each number of matched octets, how many of them still match when the next one does not (Knuth, Morris, Pratt).
   * It makes the state of a search one number, whatever the pattern and wherever the chunks end.
   */
  fallback: StaticArray<i32> = new StaticArray<i32>(1);

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    this.pattern = root.string("pattern");
    this.onMatch = root.choiceOr("on_match", ON_MATCH, 0);
    if (!json.finish()) {
      logError(json.error);
      return false;
    }
    if (this.pattern.isEmpty) {
      logError("$.pattern: must not be empty");
      return false;
    }
    this.fallback = fallbackOf(this.pattern);
    return true;
  }

  createHttpContext(): HttpContext {
    return new Search(this);
  }
}

class Search extends HttpContext {
  /** How many octets of the pattern the body ends with so far. */
  private matched: i32 = 0;

  constructor(private readonly plugin: ChunkSearch) {
    super();
  }

  onResponseBody(size: u32, endOfStream: bool): FilterDataStatus {
    const chunk = this.responseBody.get();
    if (chunk === null || !this.feed(chunk)) return FilterDataStatus.Continue;
    matches.increment();
    if (this.plugin.onMatch != RESET) return FilterDataStatus.Continue;
    this.resetStream();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  /** @returns whether the pattern ends in this chunk */
  private feed(chunk: Bytes): bool {
    const pattern = this.plugin.pattern;
    const fallback = this.plugin.fallback;
    let matched = this.matched;
    let found = false;
    for (let i = 0; i < chunk.length; i++) {
      const octet = chunk.at(i);
      while (matched > 0 && pattern.at(matched) != octet) matched = fallback[matched];
      if (pattern.at(matched) == octet) matched++;
      if (matched == pattern.length) {
        found = true;
        matched = fallback[matched];
      }
    }
    this.matched = matched;
    return found;
  }
}

function fallbackOf(pattern: Bytes): StaticArray<i32> {
  const fallback = new StaticArray<i32>(pattern.length + 1);
  let matched = 0;
  for (let i = 1; i < pattern.length; i++) {
    while (matched > 0 && pattern.at(matched) != pattern.at(i)) matched = fallback[matched];
    if (pattern.at(matched) == pattern.at(i)) matched++;
    fallback[i + 1] = matched;
  }
  return fallback;
}

registerPlugin(() => new ChunkSearch());
