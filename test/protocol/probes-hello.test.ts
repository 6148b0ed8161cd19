// What a ClientHello asks for, from hellos built by hand, broken ones, and those of OpenSSL.
import fc from "fast-check";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { clientHello, type HelloOptions } from "./client-hello.js";
import { hex, text } from "./corpus.js";
import { Driver } from "./driver.js";

let driver: Driver;
beforeAll(async () => {
  driver = await Driver.load();
});

interface Hello {
  /** Null while it is open. */
  readonly decided: string | null;
  readonly serverName: string;
  readonly alpn: string;
}

function read(octets: Buffer, { maxBytes = 20_000, endOfStream = false } = {}): Hello {
  driver.use(["tls", "http/1.1"], true);
  const outcome = driver.whole(octets, { maxBytes, endOfStream });
  return {
    decided: outcome === undefined ? null : `${outcome.protocol} ${outcome.reason} ${outcome.at}`,
    serverName: driver.text("serverName"),
    alpn: driver.text("alpn"),
  };
}

const TLS = "tls detected 11";

test.each<[string, HelloOptions, string, string]>([
  ["both names", { serverName: "a.example", alpn: ["h2", "http/1.1"] }, "a.example", "h2,http/1.1"],
  ["capitals", { serverName: "A.Example" }, "a.example", "-"],
  ["neither", {}, "-", "-"],
  ["no extensions", { hasExtensions: false }, "-", "-"],
  [
    "names behind a long extension",
    { padding: 15_000, serverName: "a.example", alpn: ["h2"] },
    "a.example",
    "h2",
  ],
  ["an underscore", { serverName: "_a.b-1.example" }, "_a.b-1.example", "-"],
  ["other octets in a name", { serverName: "a\nb" }, "-", "-"],
  ["an address that is no name", { serverName: "a b" }, "-", "-"],
  ["names that mean nothing", { alpn: [hex("0a0a"), "h2", hex("dada")] }, "-", "h2"],
  ["a comma in a name", { alpn: ["a,b", "h2"] }, "-", "h2"],
  ["a name of 255 octets", { serverName: "a".repeat(255) }, "a".repeat(255), "-"],
  ["a name of 256 octets", { serverName: "a".repeat(256) }, "-", "-"],
  [
    "a name behind many",
    { alpn: [...Array.from({ length: 90 }, (_, n) => `p${n}`), "h2"] },
    "-",
    `${Array.from({ length: 90 }, (_, n) => `p${n}`).join()},h2`,
  ],
  ["a list of names that is too long", { alpn: Array<string>(20).fill("x".repeat(60)) }, "-", "-"],
  ["an empty list of server names", { raw: [[0, Buffer.alloc(0)]] }, "-", "-"],
  ["a name longer than its extension", { raw: [[0, hex("0005 00 0009 6162")]] }, "-", "-"],
  ["a list longer than its extension", { raw: [[0, hex("0009 00 0002 6162")]] }, "-", "-"],
  ["a name of another type", { raw: [[0, hex("0005 01 0002 6162")]] }, "-", "-"],
  ["an empty application protocol", { raw: [[16, hex("0003 00 01 68")]] }, "-", "-"],
  ["an application protocol that is cut off", { raw: [[16, hex("0003 05 68 32")]] }, "-", "-"],
])("%s", (_, options, serverName, alpn) => {
  expect(read(clientHello(options))).toEqual({ decided: TLS, serverName, alpn });
  if (options.hasExtensions === false) return;
  const inRecords = read(clientHello({ ...options, recordSize: 100 }));
  expect(inRecords).toEqual({ decided: TLS, serverName, alpn });
});

describe("a hello that is not whole", () => {
  const whole = clientHello({ serverName: "a.example", padding: 500, alpn: ["h2"] });

  test("is waited for", () => {
    expect(read(whole.subarray(0, whole.length - 1)).decided).toBeNull();
    expect(read(whole.subarray(0, 11)).decided).toBeNull();
  });

  test("is TLS at the end of the stream and at the cap, with what was read", () => {
    const cut = { decided: TLS, serverName: "a.example", alpn: "-" };
    expect(read(whole.subarray(0, 300), { endOfStream: true })).toEqual(cut);
    expect(read(whole, { maxBytes: 300 })).toEqual(cut);
  });

  test.each<[string, Buffer]>([
    [
      "another record in between",
      Buffer.concat([clientHello({ recordSize: 50 }).subarray(0, 55), hex("150301000202 28")]),
    ],
    [
      "an empty record in between",
      Buffer.concat([clientHello({ recordSize: 50 }).subarray(0, 55), hex("1603010000")]),
    ],
    ["a message that is too long", hex("16 0301 4000 01 00ffff 0303")],
  ])("ends with %s", (_, octets) => {
    expect(read(octets)).toEqual({ decided: TLS, serverName: "-", alpn: "-" });
  });
});

// Go 1.26 answers these with a ServerHello, and OpenSSL 3.0 most of them.
test.each<[string, Buffer, number]>([
  ["a record of version 3.5", patched(2, 0x05), 11],
  ["a record of version 3.255", patched(2, 0xff), 11],
  ["a record of version 0.0", patched(1, 0, 0), 11],
  ["a record of version 15.255", patched(1, 0x0f, 0xff), 11],
  ["a message of version 0.1", patched(9, 0, 1), 11],
  ["a message of version 3.0", patched(9, 3, 0), 11],
  ["a message of version 3.5", patched(9, 0x03, 0x05), 11],
  ["a message of version 4.1", patched(9, 0x04, 0x01), 11],
  ["a message of version 255.255", patched(9, 0xff, 0xff), 11],
])("what servers take for TLS is TLS: %s", (_, octets, at) => {
  expect(read(octets)).toEqual({ decided: `tls detected ${at}`, serverName: "a.example", alpn: "-" });
});

test("empty records before a hello are TLS, whose hello is not read", () => {
  const octets = Buffer.concat([hex("1603010000 1603010000"), clientHello({ serverName: "a.example" })]);
  expect(read(octets)).toEqual({ decided: "tls detected 21", serverName: "-", alpn: "-" });
});

function patched(at: number, ...octets: number[]): Buffer {
  const hello = clientHello({ serverName: "a.example" });
  hello.set(octets, at);
  return hello;
}

test("without waiting, eleven octets decide and nothing more is read", () => {
  driver.use(["tls"]);
  expect(driver.whole(clientHello({ serverName: "a.example" }))?.at).toBe(11);
  expect(driver.text("serverName")).toBe("-");
});

test("whatever a hello is made of, reading it does not trap", () => {
  const hello = clientHello({ serverName: "a.example", alpn: ["h2", "http/1.1"], padding: 40 });
  const changes = fc.array(fc.tuple(fc.nat({ max: hello.length - 1 }), fc.nat({ max: 255 })), {
    maxLength: 4,
  });
  const property = fc.property(changes, fc.nat({ max: 100 }), (places, recordSize) => {
    const octets = Buffer.from(hello);
    for (const [at, octet] of places) octets[at] = octet;
    read(octets, { endOfStream: true });
    expect(driver.call.octetwise!()).toBe(1);
    read(Buffer.concat([octets.subarray(0, recordSize), hello]), { endOfStream: true });
    expect(driver.call.octetwise!()).toBe(1);
  });
  fc.assert(property, { numRuns: 1000 });
});

test.each(["TLSv1.2", "TLSv1.3"] as const)("OpenSSL's for %s", async (version) => {
  const octets = await firstFlight((port) =>
    connectTls({
      port,
      host: "127.0.0.1",
      servername: "api.prod.example",
      ALPNProtocols: ["h2", "http/1.1"],
      minVersion: version,
      maxVersion: version,
    }),
  );
  expect(read(octets)).toEqual({ decided: TLS, serverName: "api.prod.example", alpn: "h2,http/1.1" });
});

test("plain text is none", () => {
  expect(read(text("GET / HTTP/1.1\r\n")).decided).toBe("http/1.1 detected 16");
});

/** The octets that a client sends at once. */
async function firstFlight(open: (port: number) => Socket): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await new Promise<Buffer>((resolve) => {
      server.once("connection", (socket) => {
        socket.on("error", () => undefined);
        socket.once("data", (data) => {
          resolve(data);
          socket.destroy();
        });
      });
      open((server.address() as AddressInfo).port).on("error", () => undefined);
    });
  } finally {
    server.close();
  }
}
