import autocannon from "autocannon";
import { json } from "node:stream/consumers";
import type { LoadSpec } from "./load.js";

// What `load-autocannon.ts` runs: reads the load from standard input, sends it, and prints autocannon's result.
const { host, port, request, connections, seconds } = (await json(process.stdin)) as LoadSpec;
const { rotate } = request;
let sent = 0;

/** The next value of all, whichever connection sends it. */
function next(options: autocannon.Request): autocannon.Request {
  const value = rotate?.values[sent++ % rotate.values.length] ?? "";
  return { ...options, headers: { ...options.headers, ...(rotate && { [rotate.header]: value }) } };
}

const result = await autocannon({
  url: `http://${host}:${port}${request.path}`,
  connections,
  duration: seconds,
  method: (request.method ?? "GET") as "GET",
  headers: request.headers ?? {},
  ...(request.body === undefined ? {} : { body: request.body }),
  ...(rotate ? { requests: [{ setupRequest: next }] } : {}),
});
console.log(JSON.stringify(result));
