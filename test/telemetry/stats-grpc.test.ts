import { once } from "node:events";
import http2 from "node:http2";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import { type GrpcServer, startGrpc } from "../../harness/upstream/grpc.js";
import * as mesh from "./stats-support.js";

let upstream: GrpcServer;
let envoy: RunningEnvoy;

const GRPC_STATS = {
  name: "grpc_stats",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
    emit_filter_state: true,
  },
};

beforeAll(async () => {
  const file = await mesh.moduleFile();
  upstream = await startGrpc();
  const chain = (configuration: mesh.Json) => [
    GRPC_STATS,
    mesh.httpFilter(mesh.wasm(file, { tcp_reporting_duration: "0.1s", ...configuration })),
  ];
  envoy = await mesh.startSidecar({
    metadata: mesh.SERVER,
    labels: ["method", "version"],
    listeners: [
      mesh.httpListener({ name: "plain", direction: "INBOUND", filters: chain({}) }),
      mesh.httpListener({
        name: "dimensions",
        direction: "INBOUND",
        filters: chain({
          metrics: [{ dimensions: { method: "request.url_path", version: "node.metadata.LABELS.version" } }],
        }),
      }),
    ],
    clusters: [mesh.cluster("upstream", [upstream.port], mesh.HTTP2)],
  });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  await upstream?.close();
});

function message(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** A call whose messages the test sends one by one. */
class Call {
  readonly #session: http2.ClientHttp2Session;
  readonly #stream: http2.ClientHttp2Stream;

  private constructor(session: http2.ClientHttp2Session, method: string, contentType: string) {
    this.#session = session;
    this.#stream = session.request({
      ":method": "POST",
      ":path": `/tremula.Echo/${method}`,
      ":authority": "echo.example",
      "content-type": contentType,
      te: "trailers",
    });
    this.#stream.on("error", () => undefined);
    this.#stream.resume();
  }

  static async start(listener: string, method: string, contentType = "application/grpc"): Promise<Call> {
    const { host, port } = await envoy.listener(listener);
    const session = http2.connect(`http://${host}:${port}`);
    session.on("error", () => undefined);
    return new Call(session, method, contentType);
  }

  send(count: number): this {
    for (let i = 0; i < count; i++) this.#stream.write(message("x"));
    return this;
  }

  async end(): Promise<void> {
    this.#stream.end();
    await once(this.#stream, "close");
    this.#session.destroy();
  }
}

it("says the status of a call", async () => {
  await (await Call.start("plain", "Fail")).send(1).end();
  const { labels } = await mesh.seriesWith(envoy, "istio_requests_total", { grpc_response_status: "7" }, 1);
  expect(labels).toMatchObject({ request_protocol: "grpc", response_code: "200" });
});

it("takes other content types of gRPC for gRPC, and none of its names", async () => {
  await (await Call.start("plain", "Unary", "application/grpc+json")).send(1).end();
  await mesh.seriesWith(
    envoy,
    "istio_requests_total",
    { grpc_response_status: "0", request_protocol: "grpc" },
    1,
  );
  await (await Call.start("plain", "Unary", "application/grpc-web")).send(1).end();
  await mesh.seriesWith(
    envoy,
    "istio_requests_total",
    { grpc_response_status: "", request_protocol: "http" },
    1,
  );
});

it("counts messages while a call runs, and the rest when it is over", async () => {
  const call = (await Call.start("dimensions", "Chat")).send(3);
  const where = { method: "/tremula.Echo/Chat", version: "v1" };
  const open = await mesh.seriesWith(envoy, "istio_request_messages_total", where, 3);
  expect(open.labels).not.toHaveProperty("request_protocol");
  expect(open.labels).toMatchObject({ reporter: "destination", destination_service: "echo.example" });
  await mesh.seriesWith(envoy, "istio_response_messages_total", where, 3);
  expect(await mesh.series(envoy, "istio_requests_total")).not.toContainEqual(
    expect.objectContaining({ labels: expect.objectContaining(where) as object }),
  );
  await call.send(5).end();
  await mesh.seriesWith(envoy, "istio_request_messages_total", where, 8);
  await mesh.seriesWith(envoy, "istio_response_messages_total", where, 8);
  await mesh.seriesWith(envoy, "istio_requests_total", where, 1);
});
