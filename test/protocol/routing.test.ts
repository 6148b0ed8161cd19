import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitForCounter } from "../../harness/envoy/index.js";
import { Client, type Example, startExample } from "./envoy.js";

// The configurations that are shipped, on stock Envoy.

const GET = "GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n";
const PING = "*1\r\n$4\r\nPING\r\n";

/** What `envoy-configs/protocol-detection.yaml` counts. */
function name(protocol: string, reason: string, action: string): string {
  const tags = [`protocol=.=${protocol}`, `reason=.=${reason}`, `action=.=${action}`];
  return `wasmcustom.${tags.join(";.;")};.;protocol_detection_connections`;
}

describe("protocol-detection.yaml", () => {
  let example: Example;

  beforeAll(async () => {
    example = await startExample("protocol-detection");
  });

  afterAll(() => example?.envoy.stop());

  const connect = (port: number): Promise<Client> => Client.connect(example.port(port));
  const counted = (protocol: string, reason: string, action: string): Promise<unknown> =>
    waitForCounter(
      example.envoy.admin,
      name(protocol, reason, action),
      (count) => count >= 1,
      `${protocol} ${reason} ${action}`,
    );

  it.each([1, 7, 1000])(
    "sends HTTP through the connection manager, in segments of %i octets",
    async (size) => {
      const client = await connect(10000);
      for (let at = 0; at < GET.length; at += size) {
        client.send(GET.slice(at, at + size));
        await new Promise(setImmediate);
      }
      const response = await client.until("welcome\n");
      client.socket.destroy();
      expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      // The connection manager sees the client and not the internal connection.
      expect(response).toContain("\r\nx-client: 127.0.0.1\r\n");
      await counted("http/1.1", "detected", "routed");
    },
  );

  it("ends a response that ends with its connection, and does not reset it", async () => {
    const client = await connect(10000);
    const error = new Promise((resolve) => client.socket.once("error", resolve));
    client.send("GET / HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n");
    const end = new Promise((resolve) => client.socket.once("end", () => resolve("end")));
    expect(await Promise.race([error, end])).toBe("end");
    expect(await client.ended()).toMatch(/welcome\n$/);
  });

  it("answers HTTP/2", async () => {
    const client = await connect(10000);
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    // SETTINGS of the server, and the acknowledgment of ours.
    await client.until("\0\0\0\x04\x01\0\0\0\0");
    client.socket.destroy();
    await counted("http2", "detected", "routed");
  });

  it("passes another protocol on, and the client's end", async () => {
    const client = await connect(10000);
    client.send(PING.slice(0, 5));
    client.send(PING.slice(5));
    expect(await client.until(PING)).toBe(PING);
    client.end();
    expect(await client.ended()).toBe(PING);
    await counted("redis", "detected", "passed");
  });

  it("closes what is unknown, with the first octet that says so, and before any upstream", async () => {
    const before = await example.envoy.admin.stat("cluster.echo.upstream_cx_total");
    for (const text of ["hello\r\n", "\r\nGET / HTTP/1.1\r\n\r\n", "EHLO a\r\n"]) {
      expect(await (await connect(10000)).send(text).ended()).toBe("");
    }
    await counted("unknown", "unknown", "closed");
    expect(await example.envoy.admin.stat("cluster.echo.upstream_cx_total")).toBe(before);
  });

  it("lets a server that is declared speak first, at once", async () => {
    const client = await connect(10001);
    expect(await client.ended()).toMatch(/^J\0\0\0\n8\.0\.36\0/);
    await counted("mysql", "declared", "routed");
  });

  it("sends a declared port through policy, or closes it", async () => {
    const client = (await connect(10002)).send(GET);
    await client.until("welcome\n");
    client.socket.destroy();
    await counted("http/1.1", "declared", "routed");
    const before = await example.envoy.admin.stat("cluster.to_http.upstream_cx_total");
    for (const text of [`\r\n${GET}`, PING, "GET / HTTP/1.1 x\r\n\r\n", `GET /${"a".repeat(70_000)}`]) {
      expect(await (await connect(10002)).send(text).ended()).toBe("");
    }
    expect(await (await connect(10002)).send("GET / HTTP/1.1").end().ended()).toBe("");
    await counted("unknown", "end-of-stream", "closed");
    await counted("unknown", "cap", "closed");
    expect(await example.envoy.admin.stat("cluster.to_http.upstream_cx_total")).toBe(before);
  });

  it("gives the same verdict for lines that end on the boundaries of buffers", async () => {
    for (const length of [4096, 8192, 8193]) {
      const line = `GET /${"a".repeat(length - 16)} HTTP/1.1\r\n`;
      for (const size of [4096, 700]) {
        const client = await connect(10002);
        for (let at = 0; at < line.length; at += size) {
          client.send(line.slice(at, at + size));
          await new Promise(setImmediate);
        }
        // One octet too many is one too many, however it comes.
        client.send("host: shop.example\r\n\r\n");
        if (line.length > 8192) expect(await client.ended()).toBe("");
        else await client.until("welcome\n");
        client.socket.destroy();
      }
    }
  });

  it("closes a silent client at its deadline, as HTTP has policy", async () => {
    const client = await connect(10000);
    expect(await client.send("G").ended()).toBe("");
    await counted("unknown", "deadline", "closed");
    expect(await example.envoy.admin.stat("wasmcustom.protocol_detection.pending")).toBe(0);
  });

  it("says in the access log what each connection was", async () => {
    await example.envoy.stop();
    const log = await example.envoy.log();
    for (const line of [
      "protocol=http/1.1 reason=detected cluster=to_http",
      "protocol=redis reason=detected cluster=echo",
      "protocol=mysql reason=declared cluster=greeter",
      "protocol=http/1.1 reason=declared cluster=to_http",
      "protocol=unknown reason=unknown cluster=-",
      "protocol=unknown reason=deadline cluster=-",
    ]) {
      expect(log).toContain(line);
    }
  });
});

describe("protocol-detection-label.yaml", () => {
  let example: Example;

  beforeAll(async () => {
    example = await startExample("protocol-detection-label");
  });

  afterAll(() => example?.envoy.stop());

  const connect = (): Promise<Client> => Client.connect(example.port(10000));

  it("lets RBAC decide by the label", async () => {
    const client = (await connect()).send(PING);
    expect(await client.until(PING)).toBe(PING);
    client.socket.destroy();
    expect(await (await connect()).send(GET).ended()).toBe("");
    expect(await (await connect()).send("nobody knows").end().ended()).toBe("");
    expect(await example.envoy.admin.stat("main.rbac.allowed")).toBe(1);
    expect(await example.envoy.admin.stat("main.rbac.denied")).toBe(2);
  });

  it("says in the access log what each connection was", async () => {
    await example.envoy.stop();
    const log = await example.envoy.log();
    expect(log).toContain("protocol=redis reason=detected");
    expect(log).toContain("protocol=http/1.1 reason=detected");
  });
});
