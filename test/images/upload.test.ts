import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { parseChallenges } from "../../harness/images/authorization.js";
import { blobOf } from "../../harness/images/blob.js";
import { parseReference } from "../../harness/images/reference.js";
import { Repository } from "../../harness/images/registry.js";

// What a real registry does not do on request: break off in the middle of an upload, hand out tokens.

const BLOB = blobOf("application/octet-stream", Buffer.alloc(9 * 1024 * 1024, "tremula"));

type Answer = { status: number; headers?: Record<string, string>; body?: string } | "break";

/** A server that answers as told, and keeps what it was asked. */
class Script {
  readonly asked: string[] = [];
  #server: Server | undefined;

  async start(answer: (request: IncomingMessage, body: Buffer, address: string) => Answer): Promise<string> {
    const server = createServer((request, response) => {
      void buffer(request)
        .catch(() => Buffer.alloc(0))
        .then((body) => {
          this.asked.push(`${request.method} ${request.url?.split("?")[0]}`);
          const answered = answer(request, body, address);
          if (answered === "break") request.socket.destroy();
          else response.writeHead(answered.status, answered.headers).end(answered.body);
        });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#server = server;
    return address;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

describe("an upload", () => {
  const script = new Script();
  afterEach(() => {
    script.stop();
    script.asked.length = 0;
  });

  /** A registry that keeps what arrives, and fails as told. */
  async function registry(
    fail: (chunk: number) => Answer | null,
  ): Promise<{ address: string; stored: () => Buffer; complete: () => boolean }> {
    let stored = Buffer.alloc(0);
    let chunks = 0;
    let isComplete = false;
    const address = await script.start((request, body) => {
      const location = { location: "/v2/a/blobs/uploads/1" };
      const range = { range: `0-${stored.length - 1}` };
      switch (request.method ?? "") {
        case "HEAD":
          return { status: 404 };
        case "POST":
          return { status: 202, headers: location };
        case "PATCH": {
          const failure = fail(chunks++);
          if (failure !== null) {
            // Half of it has arrived all the same.
            if (failure === "break") stored = Buffer.concat([stored, body.subarray(0, body.length / 2)]);
            return failure;
          }
          stored = Buffer.concat([stored, body]);
          return { status: 202, headers: location };
        }
        case "GET":
          return { status: 204, headers: { ...location, ...range } };
        case "PUT":
          isComplete = true;
          return { status: 201 };
        default:
          return { status: 204 };
      }
    });
    return { address, stored: () => stored, complete: () => isComplete };
  }

  function push(address: string): Promise<void> {
    return new Repository(parseReference(`oci://${address}/a:1`)).pushBlob(BLOB, "layer");
  }

  it("goes on where the connection broke", async () => {
    const { address, stored, complete } = await registry((chunk) => (chunk === 1 ? "break" : null));
    await push(address);
    expect(complete()).toBe(true);
    expect(blobOf("", stored()).digest).toBe(BLOB.digest);
  });

  it("goes on after a failure of the registry's own", async () => {
    const { address, stored, complete } = await registry((chunk) => (chunk === 0 ? { status: 503 } : null));
    await push(address);
    expect(complete()).toBe(true);
    expect(blobOf("", stored()).digest).toBe(BLOB.digest);
  });

  it("gives up after a while, and takes back what it has begun", async () => {
    const { address, complete } = await registry(() => "break");
    await expect(push(address)).rejects.toThrow(/pushing layer: 127\.0\.0\.1:\d+ cannot be reached/);
    expect(complete()).toBe(false);
    expect(script.asked.filter((line) => line.startsWith("PATCH"))).toHaveLength(4);
    expect(script.asked.at(-1)).toBe("DELETE /v2/a/blobs/uploads/1");
  });

  it("ends at once when it is refused, in the registry's words", async () => {
    const body = JSON.stringify({
      errors: [{ code: "SIZE_INVALID", message: "too large", detail: { limit: 1 } }],
    });
    const { address } = await registry(() => ({ status: 413, body }));
    await expect(push(address)).rejects.toThrow('pushing layer: 413 SIZE_INVALID: too large ({"limit":1})');
    expect(script.asked.filter((line) => line.startsWith("PATCH"))).toHaveLength(1);
  });
});

describe("a token", () => {
  const script = new Script();
  afterEach(() => {
    script.stop();
  });

  it("is fetched from where the registry says, with the credentials, and only sent to the registry", async () => {
    const scopes: (string | null)[] = [];
    const address = await script.start((request, _, self) => {
      const url = new URL(request.url ?? "", `http://${self}`);
      if (url.pathname === "/token") {
        scopes.push(url.searchParams.get("scope"), request.headers.authorization ?? null);
        return { status: 200, body: JSON.stringify({ token: "t" }) };
      }
      if (request.headers.authorization === "Bearer t") return { status: 200 };
      const realm = `Bearer realm="http://${self}/token",service="r",scope="repository:a:pull"`;
      return { status: 401, headers: { "www-authenticate": realm } };
    });
    const credentials = { username: "ada", password: "lovelace" };
    await new Repository(parseReference(`oci://${address}/a:1`), { credentials }).pushBlob(BLOB, "layer");
    expect(scopes).toEqual(["repository:a:pull", `Basic ${Buffer.from("ada:lovelace").toString("base64")}`]);
    expect(script.asked.filter((line) => line.startsWith("HEAD"))).toHaveLength(2);
  });

  it("is asked for by challenges of all forms", () => {
    expect(parseChallenges('Basic realm="a, \\"b\\"", Bearer realm="https://t/x",scope=s')).toEqual([
      { scheme: "basic", parameters: { realm: 'a, "b"' } },
      { scheme: "bearer", parameters: { realm: "https://t/x", scope: "s" } },
    ]);
  });
});
