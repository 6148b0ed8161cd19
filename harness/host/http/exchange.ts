import type { Plugin } from "../plugin.js";
import { pieces, type HttpRequest, type Upstream } from "./request.js";
import { HttpStream, type HttpStreamOptions } from "./stream.js";

/** Several plugins one behind the other, as in a listener's `http_filters`: the first sees requests first. */
export class FilterChain {
  readonly #plugins: readonly [Plugin, ...Plugin[]];

  constructor(...plugins: [Plugin, ...Plugin[]]) {
    if (plugins.some(({ host }) => host !== plugins[0].host)) {
      throw new TypeError("the plugins of a filter chain are started in one host");
    }
    this.#plugins = plugins;
  }

  /** A new HTTP stream, to be driven callback by callback. */
  http(options: HttpStreamOptions = {}): HttpStream {
    for (const plugin of this.#plugins) plugin.reload();
    return new HttpStream(this.#plugins, options);
  }

  /** As `Plugin.request`, through all of them. */
  request(init: HttpRequest & HttpStreamOptions = {}, upstream: Upstream = {}): HttpStream {
    return this.send(this.http(init), init, upstream);
  }

  /** Sends a whole request on a stream that has been prepared, for example with properties. */
  send(stream: HttpStream, init: HttpRequest = {}, upstream: Upstream = {}): HttpStream {
    return sendRequest(stream, init, upstream);
  }
}

/** Sends a whole request; what reaches the upstream is answered in a later turn of the event loop. */
export function sendRequest(stream: HttpStream, init: HttpRequest, upstream: Upstream): HttpStream {
  stream.upstream = upstream;
  const body = pieces(init.body);
  const trailers = init.trailers !== undefined;
  stream.sendHeaders(init, { endOfStream: body.length === 0 && !trailers });
  body.forEach((piece, i) => stream.sendBody(piece, { endOfStream: !trailers && i === body.length - 1 }));
  if (init.trailers !== undefined) stream.sendTrailers(init.trailers);
  return stream;
}
