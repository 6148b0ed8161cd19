import { createHash } from "node:crypto";
import http from "node:http";
import type net from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningEnvoy, waitFor } from "../../harness/envoy/index.js";
import * as mesh from "./stats-support.js";

// A request that becomes a WebSocket is one request, counted when the socket closes, with the octets that went through it:
// what Envoy's own access log says of it is the measure.

const KEY = Buffer.alloc(16, 1).toString("base64");
const FORMAT = "upgraded %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION%\n";
const FRAMES = 20;
/** A text frame with a mask of zeros, of 100 octets; and the one without it that comes back. */
const QUESTION = Buffer.concat([Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0]), Buffer.alloc(100, "q")]);
const ANSWER = Buffer.concat([Buffer.from([0x81, 100]), Buffer.alloc(100, "a")]);

let upstream: http.Server;
let envoy: RunningEnvoy;

beforeAll(async () => {
  upstream = http.createServer((_, response) => response.writeHead(200).end());
  upstream.on("upgrade", (request, socket: net.Socket) => {
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.on("error", () => socket.destroy());
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
        `sec-websocket-accept: ${accept}\r\n\r\n`,
    );
    let received = 0;
    socket.on("data", (chunk: Buffer) => {
      for (received += chunk.length; received >= QUESTION.length; received -= QUESTION.length) {
        socket.write(ANSWER);
      }
    });
    socket.on("end", () => socket.end());
  });
  upstream.listen(0, "127.0.0.1");
  await new Promise((resolve) => upstream.once("listening", resolve));
  const log = {
    name: "stderr",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog",
      log_format: { text_format_source: { inline_string: FORMAT } },
    },
  };
  // To the octet, where histograms know only about how much it was.
  const configuration = {
    definitions: [
      { name: "received", value: "request.size", type: "COUNTER" },
      { name: "sent", value: "response.size", type: "COUNTER" },
    ],
  };
  envoy = await mesh.startSidecar({
    metadata: mesh.CLIENT,
    listeners: [
      mesh.httpListener({
        name: "main",
        direction: "OUTBOUND",
        filters: [mesh.httpFilter(mesh.wasm(await mesh.moduleFile(), configuration))],
        hcm: { upgrade_configs: [{ upgrade_type: "websocket" }], access_log: [log] },
      }),
    ],
    clusters: [mesh.cluster("upstream", [(upstream.address() as net.AddressInfo).port])],
  });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  upstream?.close();
  upstream?.closeAllConnections();
});

async function upgrade(): Promise<{ socket: net.Socket; received: () => number }> {
  const { host, port } = await envoy.listener("main");
  const request = http.get({
    host,
    port,
    headers: {
      host: "chat.shop",
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": KEY,
    },
  });
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("upgrade", (_, socket, head) => {
      let octets = head.length;
      socket.on("error", () => socket.destroy());
      socket.on("data", (chunk) => (octets += chunk.length));
      resolve({ socket, received: () => octets });
    });
  });
}

it("counts a WebSocket once, with its code, its octets and its time", async () => {
  const { socket, received } = await upgrade();
  for (let i = 0; i < FRAMES; i++) socket.write(QUESTION);
  const all = () => received() === FRAMES * ANSWER.length || undefined;
  await waitFor({ what: "all frames to come back", timeoutMs: 10_000, check: all });
  // Not before it is over.
  expect(await mesh.series(envoy, "istio_requests_total")).toEqual([]);
  socket.end();
  const { labels } = await mesh.seriesWith(envoy, "istio_requests_total", { response_code: "101" }, 1);
  const seen = await waitFor({
    what: "the access log's line",
    timeoutMs: 10_000,
    check: async () => /^upgraded (\d+) (\S+) (\d+) (\d+) (\d+)$/m.exec(await envoy.log()) ?? undefined,
  });
  const [, code, flags, bytesReceived, bytesSent, duration] = seen;
  expect([code, bytesReceived, bytesSent]).toEqual([
    "101",
    `${FRAMES * QUESTION.length}`,
    `${FRAMES * ANSWER.length}`,
  ]);
  expect(labels).toMatchObject({ reporter: "source", request_protocol: "http", response_flags: flags });
  const [counted] = await mesh.series(envoy, "istio_received");
  expect(counted!.value).toBe(Number(bytesReceived));
  const [answered] = await mesh.series(envoy, "istio_sent");
  expect(answered!.value).toBe(Number(bytesSent));
  const sum = async (metric: string): Promise<number> => {
    await mesh.seriesWith(envoy, `${metric}_count`, { response_code: "101" }, 1);
    return (await mesh.seriesWith(envoy, `${metric}_sum`, { response_code: "101" })).value;
  };
  expect(await sum("istio_request_bytes")).toBeGreaterThan(FRAMES * QUESTION.length);
  expect(await sum("istio_response_bytes")).toBeGreaterThan(FRAMES * ANSWER.length);
  // A histogram is exact to a twentieth.
  const millis = await sum("istio_request_duration_milliseconds");
  expect(Math.abs(millis - Number(duration))).toBeLessThanOrEqual(1 + 0.05 * Number(duration));
});
