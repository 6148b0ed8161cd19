import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { gzipOf, tarOf } from "../../harness/images/archive.js";
import { type Blob, blobOf, descriptorOf, jsonBlob } from "../../harness/images/blob.js";
import { OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "../../harness/images/media-types.js";
import { type Pulled, pullModule } from "../../harness/images/pull.js";
import { parseReference } from "../../harness/images/reference.js";
import { type RegistryOptions, Repository } from "../../harness/images/registry.js";
import { type Handler, ScriptedServer } from "./scripted-server.js";

const MODULE = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]);
const CREDENTIALS = { username: "ada", password: "lovelace" };
const LAYER = blobOf(OCI_LAYER, gzipOf(await tarOf({ "plugin.wasm": MODULE })));

const servers: ScriptedServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

async function serve(handle: Handler): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(handle);
  servers.push(server);
  return server;
}

function imageOf(layer: Blob, more: Readonly<Record<string, unknown>> = {}): Blob {
  return jsonBlob(OCI_MANIFEST, { schemaVersion: 2, layers: [descriptorOf(layer)], ...more });
}

function send(response: ServerResponse, { mediaType, bytes }: Blob): void {
  response.writeHead(200, { "content-type": mediaType }).end(bytes);
}

/** Says nothing wrong, but for what a test wants. */
function registryWith(manifest: Blob, blob: Handler): Promise<ScriptedServer> {
  return serve((request, response, address) => {
    if (request.url?.includes("/manifests/") === true) send(response, manifest);
    else blob(request, response, address);
  });
}

function pull(address: string, options: RegistryOptions = {}, name = "a:1"): Promise<Pulled> {
  const credentials = CREDENTIALS;
  return pullModule(new Repository(parseReference(`oci://${address}/${name}`), { credentials, ...options }));
}

/** Writes until nobody takes it, and says how much was taken at most. */
function endless(response: ServerResponse): {
  readonly written: () => number;
  readonly closed: Promise<unknown>;
} {
  let written = 0;
  const chunk = Buffer.alloc(64 * 1024, 0x20);
  const more = (): void => {
    while (!response.destroyed && written < 1 << 30) {
      written += chunk.length;
      if (!response.write(chunk)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
  return { written: () => written, closed: once(response, "close") };
}

describe("what never ends is cut off while it comes", () => {
  const FEW = 32 * 1024 * 1024;

  it("a blob that is longer than the manifest says", async () => {
    let flow: ReturnType<typeof endless> | undefined;
    const { address } = await registryWith(imageOf(LAYER), (_, response) => {
      flow = endless(response.writeHead(200));
    });
    await expect(pull(address)).rejects.toThrow(/more than the \d+ octets/);
    await flow?.closed;
    expect(flow?.written()).toBeLessThan(FEW);
  });

  it("a blob that says beforehand that it is longer", async () => {
    const { address } = await registryWith(imageOf(LAYER), (_, response) => {
      response.writeHead(200, { "content-length": 1 << 30 }).write("x");
    });
    await expect(pull(address)).rejects.toThrow(/more than the \d+ octets/);
  });

  it("a manifest", async () => {
    let flow: ReturnType<typeof endless> | undefined;
    const { address } = await serve((_, response) => {
      flow = endless(response.writeHead(200, { "content-type": OCI_MANIFEST }));
    });
    await expect(pull(address)).rejects.toThrow(/manifest 1: .*more than the 4194304 octets/);
    await flow?.closed;
    expect(flow?.written()).toBeLessThan(FEW);
  });

  it("a blob that is compressed for the way, and tiny then", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const { address } = await registryWith(imageOf(LAYER), (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    await expect(pull(address)).rejects.toThrow(/more than the \d+ octets/);
  });

  it("the words of an error, which also cannot write on the terminal", async () => {
    const { address } = await serve((_, response) => {
      response.writeHead(418).write("\u001b[2J\u009bno\r\n\u202ePE");
      endless(response);
    });
    const error = await pull(address).catch(String);
    expect(error).toContain("418 ");
    expect(error).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it("a token", async () => {
    const { address } = await serve((request, response, self) => {
      if (request.url?.startsWith("/token") === true) return void endless(response.writeHead(200));
      response.writeHead(401, { "www-authenticate": `Bearer realm="http://${self}/token"` }).end();
    });
    await expect(pull(address)).rejects.toThrow(/asking 127\.0\.0\.1:\d+ for a token: .*more than/);
  });
});

describe("what never comes is not waited for", () => {
  // What does come before has to come in time, on a busy machine too.
  const patienceMs = 2000;

  it("an answer", async () => {
    const { address } = await serve(() => undefined);
    await expect(pull(address, { patienceMs })).rejects.toThrow(
      /asking for the manifest 1: 127\.0\.0\.1:\d+ has not answered for 2 s/,
    );
  });

  it("the rest of a blob", async () => {
    const { address } = await registryWith(imageOf(LAYER), (_, response) => {
      response.writeHead(200).write("x");
    });
    await expect(pull(address, { patienceMs })).rejects.toThrow(
      /pulling sha256:\w+: .*has sent 1 of \d+ octets/,
    );
  });

  it("a token", async () => {
    const { address } = await serve((request, response, self) => {
      if (request.url?.startsWith("/token") === true) return;
      response.writeHead(401, { "www-authenticate": `Bearer realm="http://${self}/token"` }).end();
    });
    await expect(pull(address, { patienceMs })).rejects.toThrow(/for a token: .*has not answered/);
  });
});

describe("where a registry leads", () => {
  it("blobs come from where it says, which does not hear who asks", async () => {
    const storage = await serve((_, response) => {
      send(response, LAYER);
    });
    const registry = await registryWith(imageOf(LAYER), (request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
      } else response.writeHead(307, { location: `http://${storage.address}/blob` }).end();
    });
    const { module } = await pull(registry.address);
    expect(Buffer.from(module)).toEqual(MODULE);
    expect(storage.asked).toEqual([{ line: "GET /blob", authorization: undefined }]);
  });

  it("nobody else is given the credentials, though he asks for them", async () => {
    const thief = await serve((request, response, self) => {
      if (request.url?.startsWith("/token") === true) response.end(JSON.stringify({ token: "t" }));
      else
        response
          .writeHead(401, { "www-authenticate": `Bearer realm="http://${self}/token", Basic realm="x"` })
          .end();
    });
    const registry = await registryWith(imageOf(LAYER), (_, response) => {
      response.writeHead(302, { location: `http://${thief.address}/blob` }).end();
    });
    await expect(pull(registry.address)).rejects.toThrow(/pulling sha256:\w+: 401/);
    expect(thief.asked).toEqual([{ line: "GET /blob", authorization: undefined }]);
  });

  it("nor what stands for them, when a server that grants tokens sends elsewhere", async () => {
    const heard: string[] = [];
    const thief = await serve((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => heard.push(text));
      request.on("end", () => response.end(JSON.stringify({ token: "t" })));
    });
    const registry = await serve((request, response, self) => {
      if (request.url?.startsWith("/token") === true)
        response.writeHead(307, { location: `http://${thief.address}/token` }).end();
      else response.writeHead(401, { "www-authenticate": `Bearer realm="http://${self}/token"` }).end();
    });
    const credentials = { username: "", password: "", identityToken: "refresh-secret" };
    await expect(pull(registry.address, { credentials })).rejects.toMatchObject({ code: "REGISTRY_REFUSED" });
    expect(heard.join("")).not.toContain("refresh-secret");
  });

  it("in a circle is not far", async () => {
    const registry = await serve((request, response) => {
      response.writeHead(302, { location: request.url }).end();
    });
    await expect(pull(registry.address)).rejects.toThrow(/redirects without end/);
    expect(registry.asked.length).toBeLessThan(10);
  });

  it.each(["", "http://", "file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])(
    "%j is nowhere",
    async (location) => {
      const registry = await serve((_, response) => {
        response.writeHead(302, { location }).end();
      });
      await expect(pull(registry.address)).rejects.toMatchObject({ code: "REGISTRY_REFUSED" });
    },
  );

  it("to a token that is none, or a place that is none, is an error with its words", async () => {
    for (const [realm, body] of [
      ["nowhere", ""],
      ["ftp://x/token", ""],
      ["http://SELF/token", "<html>"],
      ["http://SELF/token", '{"token":"a\\r\\nb"}'],
      ["http://SELF/token", "{}"],
      ["http://SELF/token", "null"],
    ]) {
      const { address } = await serve((request, response, self) => {
        if (request.url?.startsWith("/token") === true) return void response.end(body);
        const where = realm?.replace("SELF", self);
        response.writeHead(401, { "www-authenticate": `Bearer realm="${where}"` }).end();
      });
      await expect(pull(address), realm).rejects.toMatchObject({ code: "REGISTRY_REFUSED" });
    }
  });
});

describe("what a manifest says", () => {
  it.each([
    ["another octet in a blob", LAYER.bytes.byteLength],
    ["a blob that is shorter", LAYER.bytes.byteLength + 1],
  ])("is not what comes: %s", async (_, size) => {
    const bytes = Buffer.from(LAYER.bytes);
    if (size === bytes.byteLength) bytes[0] = 0;
    const manifest = jsonBlob(OCI_MANIFEST, { layers: [{ ...descriptorOf(LAYER), size }] });
    const { address } = await registryWith(manifest, (request, response) => {
      response.end(bytes);
    });
    await expect(pull(address)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it.each(["latest", "../../../../secret", "sha256:../x", "sha512:00", `sha256:${"A".repeat(64)}`])(
    "of a digest is one: %s",
    async (digest) => {
      const layers = [{ mediaType: OCI_LAYER, digest, size: 1 }];
      const server = await registryWith(jsonBlob(OCI_MANIFEST, { layers }), (_, response) => {
        response.end("x");
      });
      await expect(pull(server.address)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
      expect(server.asked).toHaveLength(1);
    },
  );

  it("of a child is pinned, or the pin in front of it is worth nothing", async () => {
    const platform = { os: "linux", architecture: "amd64" };
    const manifests = [{ mediaType: OCI_MANIFEST, digest: "latest", size: 1, platform }];
    const index = jsonBlob(OCI_INDEX, { schemaVersion: 2, manifests });
    const image = imageOf(LAYER);
    const { address } = await serve((request, response) => {
      if (request.url?.endsWith("/latest") === true) send(response, image);
      else send(response, request.url?.includes("/manifests/") === true ? index : LAYER);
    });
    await expect(pull(address, {}, `a@${index.digest}`)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
  });

  it("of itself is what the registry says: one document cannot be two things (CVE-2021-41190)", async () => {
    for (const document of [
      imageOf(LAYER, { mediaType: OCI_INDEX }),
      imageOf(LAYER, { mediaType: OCI_MANIFEST, manifests: [] }),
    ]) {
      const { address } = await registryWith(document, (_, response) => {
        send(response, LAYER);
      });
      await expect(pull(address)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
    }
  });

  it("and how much it says, is bounded", async () => {
    const layer = { mediaType: OCI_LAYER, digest: LAYER.digest };
    for (const size of [1e300, 2 ** 53, 257 * 1024 * 1024, -1, 0.5]) {
      const { address } = await registryWith(
        jsonBlob(OCI_MANIFEST, { layers: [{ ...layer, size }] }),
        (_, response) => {
          response.end("x");
        },
      );
      await expect(pull(address)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
    }
  });
});

describe("an archive", () => {
  const archive = (bytes: Uint8Array): Blob => blobOf(OCI_LAYER, gzipSync(bytes, { level: 9 }));

  /** A header of a tar archive, with `size` as it says, and nothing behind it. */
  function header(type: string, size: string, name = "plugin.wasm"): Buffer {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write("0000644\0", 100);
    block.write(size, 124);
    block.write("        ", 148);
    block.write(type, 156);
    block.write("../../../../etc/passwd", 157);
    block.write("ustar\u000000", 257);
    const sum = block.reduce((total, octet) => total + octet, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return block;
  }

  it.each([
    ["a bomb", archive(Buffer.alloc(257 * 1024 * 1024))],
    ["no archive", archive(Buffer.from("nothing of the kind"))],
    ["not compressed", blobOf(OCI_LAYER, MODULE)],
    ["a link out of it", archive(Buffer.concat([header("2", "00000000000\0"), Buffer.alloc(1024)]))],
    ["a device", archive(Buffer.concat([header("3", "00000000000\0"), Buffer.alloc(1024)]))],
    ["a folder", archive(Buffer.concat([header("5", "00000000000\0"), Buffer.alloc(1024)]))],
    ["more said than there is", archive(Buffer.concat([header("0", "77777777777\0"), Buffer.alloc(1024)]))],
    ["a long name without end", archive(header("L", "77777777777\0"))],
    ["a size that is none", archive(Buffer.concat([header("0", "zzzzzzzzzzz\0"), Buffer.alloc(1024)]))],
    ["an extended header without end", archive(header("x", "77777777777\0"))],
  ])("%s is no image", async (_, layer) => {
    const { address } = await registryWith(imageOf(layer), (__, response) => {
      send(response, layer);
    });
    const error = (await pull(address).catch((thrown: unknown) => thrown)) as Error & { code: string };
    expect(error.code).toBe("IMAGE_INVALID");
    expect(error.message).toMatch(/could not parse as compat variant|not a WebAssembly module/);
  });
});
