// HTTP/2 whose first request is gRPC's, from frames built by hand and from real clients.
import fc from "fast-check";
import { connect as connectHttp2 } from "node:http2";
import { createServer, type AddressInfo } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { hex, PREFACE, text } from "./corpus.js";
import { Driver } from "./driver.js";

let driver: Driver;
beforeAll(async () => {
  driver = await Driver.load();
  driver.use(["http2", "grpc"]);
});

const HEADERS = 1;
const CONTINUATION = 9;
const END_HEADERS = 4;
const PADDED = 8;
const PRIORITY = 32;

function frame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head[8] = 1;
  return Buffer.concat([head, payload]);
}

const SETTINGS = Buffer.from("000006040000000000000300000064", "hex");
/** `:method: POST`, `:scheme: http`, `:path: /a` and `te: trailers`, which do not matter. */
const BEFORE = Buffer.concat([
  hex("83 86 44 02"),
  text("/a"),
  hex("40 02"),
  text("te"),
  hex("08"),
  text("trailers"),
]);

function field(head: string, value: string): Buffer {
  return Buffer.concat([hex(head), Buffer.from([value.length]), text(value)]);
}

function headers(...fields: Buffer[]): Buffer {
  return frame(HEADERS, END_HEADERS, Buffer.concat(fields));
}

/** What HTTP/2 becomes, in one piece and octet by octet; null while it is open. */
function refined(...frames: Buffer[]): string | null {
  const octets = Buffer.concat([PREFACE, ...frames]);
  const answers = [octets.length, 1].map((piece) => {
    driver.whole(octets);
    expect(driver.call.refines!()).toBe(1);
    return driver.call.refine!(piece) === 1 ? driver.text("protocol") : null;
  });
  expect(answers[1]).toBe(answers[0]);
  return answers[0] ?? null;
}

const GRPC_CODED = hex("5f 8b 1d75d0620d263d4c4d6564");

test.each<[string, string, Buffer]>([
  ["by its name's number, in Huffman's code", "grpc", GRPC_CODED],
  ["as it is", "grpc", field("5f", "application/grpc")],
  ["without indexing", "grpc", field("0f10", "application/grpc")],
  ["never to be indexed", "grpc", field("1f10", "application/grpc")],
  [
    "with its name",
    "grpc",
    Buffer.concat([hex("40 0c"), text("content-type"), hex("10"), text("application/grpc")]),
  ],
  [
    "with its name in Huffman's code",
    "grpc",
    Buffer.concat([hex("40 89 21ea496a4ac9f5597f"), hex("10"), text("application/grpc")]),
  ],
  ["with a format", "grpc", field("5f", "application/grpc+proto")],
  ["with a parameter", "grpc", field("5f", "application/grpc;charset=utf-8")],
  ["with a format in Huffman's code", "grpc", hex("5f 90 1d75d0620d263d4c4d6564 ff75ac4b 9d")],
  ["of gRPC-Web", "http2", field("5f", "application/grpc-web")],
  ["of gRPC-Web in Huffman's code", "http2", hex("5f 8e 1d75d0620d263d4c4d6564 58 0000")],
  ["of something longer", "http2", field("5f", "application/grpcx")],
  ["of JSON", "http2", field("5f", "application/json")],
  ["that is empty", "http2", hex("5f 00")],
  ["of another field", "http2", field("58", "application/grpc")],
])("a content type %s", (_, protocol, contentType) => {
  expect(refined(SETTINGS, headers(BEFORE, contentType, BEFORE))).toBe(protocol);
});

describe("frames", () => {
  const block = Buffer.concat([BEFORE, GRPC_CODED]);

  test("with padding and priority", () => {
    const payload = Buffer.concat([hex("05 00000000 10"), block, Buffer.alloc(5)]);
    expect(refined(frame(HEADERS, END_HEADERS | PADDED | PRIORITY, payload))).toBe("grpc");
  });

  test("whose padding is no header", () => {
    const payload = Buffer.concat([Buffer.from([GRPC_CODED.length]), BEFORE, GRPC_CODED]);
    expect(refined(frame(HEADERS, END_HEADERS | PADDED, payload))).toBe("http2");
  });

  test("that go on in others, cut anywhere", () => {
    for (let cut = 0; cut <= block.length; cut++) {
      const rest = frame(CONTINUATION, END_HEADERS, block.subarray(cut));
      expect(refined(SETTINGS, frame(HEADERS, 0, block.subarray(0, cut)), rest)).toBe("grpc");
    }
  });

  test("that do not come, or are too long", () => {
    expect(refined(SETTINGS)).toBeNull();
    expect(refined(SETTINGS, headers(BEFORE))).toBe("http2");
    expect(refined(hex("004001 00 00 00000000"))).toBe("http2");
    expect(refined(...Array.from({ length: 5 }, () => frame(0, 0, Buffer.alloc(9000))))).toBe("http2");
  });

  test("of any octets do not trap", () => {
    const octets = fc.array(fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 4, 9, 0x5f, 0xff)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(octets, (values) => {
        refined(frame(HEADERS, 0, Buffer.from(values)), Buffer.from(values));
      }),
      { numRuns: 3000 },
    );
  });
});

test("nothing is refined unless it is looked for", () => {
  driver.use(["http2"]);
  driver.whole(PREFACE);
  expect(driver.call.refines!()).toBe(0);
  driver.use(["http2", "grpc"]);
});

test.each([
  ["application/grpc", "grpc"],
  ["application/grpc+proto", "grpc"],
  ["application/grpc-web+proto", "http2"],
  ["text/plain", "http2"],
])("nghttp2's request of %s", async (contentType, protocol) => {
  expect(refined((await firstFlight(contentType)).subarray(PREFACE.length))).toBe(protocol);
});

/** What Node's HTTP/2 client sends up to its request. */
async function firstFlight(contentType: string): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on("error", () => undefined);
  const request = client.request({
    ":method": "POST",
    ":path": "/a.B/C",
    te: "trailers",
    "content-type": contentType,
  });
  request.on("error", () => undefined);
  try {
    return await new Promise<Buffer>((resolve) => {
      const parts: Buffer[] = [];
      server.on("connection", (socket) => {
        socket.on("error", () => undefined);
        socket.on("data", (data) => {
          parts.push(data);
          const all = Buffer.concat(parts);
          // The preface, and a frame of headers behind those of the connection.
          if (all.includes(hex("01 04 00 00 00 01")) || all.includes(hex("01 05 00 00 00 01"))) resolve(all);
        });
      });
    });
  } finally {
    client.destroy();
    server.close();
  }
}
