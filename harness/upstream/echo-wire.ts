import type { ServerResponse } from "node:http";
import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { HeaderPair } from "./echo-plan.js";
import type { ReplySink } from "./echo-reply.js";

/** Answers over HTTP/1. */
export function http1Sink(response: ServerResponse): ReplySink {
  return {
    body: response,
    head(status, headers, trailers) {
      response.writeHead(status, headers.flat());
      if (trailers.length > 0)
        response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
      // Not `flushHeaders`: that writes the headers as UTF-8, and octets above 127 come out as two.
      response.write(Buffer.alloc(0));
    },
    abort(how) {
      if (how === "reset") response.socket?.resetAndDestroy();
      else response.socket?.destroySoon();
    },
  };
}

/** Answers over HTTP/2. */
export function http2Sink(stream: ServerHttp2Stream): ReplySink {
  return {
    body: stream,
    head(status, headers, trailers) {
      const options = { waitForTrailers: trailers.length > 0, sendDate: false };
      stream.respond({ ":status": status, ...toHeaders(headers) }, options);
      stream.on("wantTrailers", () => stream.sendTrailers(toHeaders(trailers)));
    },
    abort(how) {
      // Not `close`: that ends the stream before it resets it, and the client sees a whole response.
      if (how === "reset") stream.destroy(new Error("reset on demand"));
      else stream.session?.destroy();
    },
  };
}

/** Node's flat list of names and values, in pairs. */
export function toPairs(raw: readonly string[]): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i]!, raw[i + 1]!]);
  return pairs;
}

function toHeaders(pairs: readonly HeaderPair[]): OutgoingHttpHeaders {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of pairs) (headers[name.toLowerCase()] ??= []).push(value);
  return headers;
}
