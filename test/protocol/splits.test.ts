// However the octets arrive, the verdict is the same, and so is the octet that decides.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { clientHello } from "./client-hello.js";
import { GREETINGS, ON_REQUEST, PREFACE, SAMPLES, text } from "./corpus.js";
import { Driver } from "./driver.js";

let driver: Driver;
beforeAll(async () => {
  driver = await Driver.load();
});

/** All ways to cut up to here; longer ones in places that matter, and in some that do not. */
const ALL_CUTS = 700;
const ALL_TWO_CUTS = 80;
const EDGES = [1448, 4096, 8192, 16384, 65536].flatMap((edge) => [edge - 1, edge, edge + 1]);
const CAP = 100_000;

const SETS: readonly (readonly [string, () => void])[] = [
  ["the standard ones", () => driver.use()],
  ["all, with hellos", () => driver.call.useAll!(1)],
  ["HTTP", () => driver.use(["http/1.0", "http/1.1", "http2"])],
];

function check(octets: Buffer, endOfStream: boolean, maxBytes: number): void {
  driver.whole(octets, { endOfStream, maxBytes });
  if (octets.length > ALL_CUTS) {
    expect(driver.call.octetwise!(), "octet by octet").toBe(1);
    const places = [...EDGES, 2, 100, octets.length - 2, octets.length - 1];
    const cuts = places.filter((at) => at < octets.length).sort((a, b) => a - b);
    for (const first of cuts) {
      for (const second of [0, ...cuts.filter((at) => at > first)]) {
        expect(driver.call.cut!(first, second), `cut at ${first} and ${second}`).toBe(1);
      }
    }
    return;
  }
  expect(driver.call.everyCut!(), "a cut that matters").toBe(-1);
  if (octets.length <= ALL_TWO_CUTS && maxBytes === CAP)
    expect(driver.call.everyTwoCuts!(), "two cuts that matter").toBe(-1);
}

describe.each(SETS)("probes: %s", (_, use) => {
  test.each([...SAMPLES, ...ON_REQUEST])("$name", ({ octets }) => {
    use();
    for (const endOfStream of [false, true]) {
      for (const maxBytes of [CAP, 16, 4]) check(octets, endOfStream, maxBytes);
    }
  });
});

test.each(GREETINGS)("a greeting: $name", ({ octets }) => {
  driver.call.useGreetings!();
  for (const endOfStream of [false, true]) check(octets, endOfStream, CAP);
});

describe("long lines", () => {
  test.each([8185, 9000, 20_000, 40_000, 70 << 10])("of %i octets", (length) => {
    driver.use();
    for (const maxBytes of [8192, 65536, CAP]) {
      check(text(`GET /${"a".repeat(length)} HTTP/1.1\r\nHost: a\r\n\r\n`), false, maxBytes);
      check(text(`get ${"key ".repeat(length / 4)}\r\n`), true, maxBytes);
      check(Buffer.alloc(length, 0x61), false, maxBytes);
    }
  });
});

describe("hellos", () => {
  const hellos = [
    clientHello({ serverName: "a.example", alpn: ["h2", "http/1.1"] }),
    clientHello({ serverName: "a.example", alpn: ["h2", "http/1.1"], recordSize: 7 }),
    clientHello({ serverName: "A.EXAMPLE", padding: 16000, alpn: ["h2"] }),
    clientHello({ serverName: "a.example", alpn: ["h2"], padding: 9000, recordSize: 1000 }),
  ];

  test.each(hellos.map((octets, index) => ({ index, octets })))("number $index", ({ octets }) => {
    driver.call.useAll!(1);
    for (const maxBytes of [CAP, 8192, 100, 20]) {
      for (const end of [octets.length, octets.length - 1, 300, 60]) {
        check(octets.subarray(0, end), true, maxBytes);
      }
    }
  });
});

test("gRPC in pieces of any size", () => {
  const octets = Buffer.concat([
    PREFACE,
    Buffer.from("000000040000000000", "hex"),
    Buffer.from("000010010400000001", "hex"),
    Buffer.from("8386" + "5f8b1d75d0620d263d4c4d6564" + "84", "hex"),
  ]);
  for (let piece = 1; piece <= octets.length; piece++) {
    driver.use(["http2", "grpc"]);
    driver.whole(octets);
    expect(driver.call.refine!(piece)).toBe(1);
    expect(driver.text("protocol")).toBe("grpc");
  }
});

test("any octets, cut anywhere", () => {
  const piece = fc.oneof(
    fc.constantFrom(...SAMPLES.filter(({ octets }) => octets.length < 400).map(({ octets }) => octets)),
    fc.uint8Array({ maxLength: 24 }).map((octets) => Buffer.from(octets)),
    fc.string({ maxLength: 24 }).map((line) => text(`${line}\r\n`)),
  );
  const pieces = fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => Buffer.concat(parts));
  const property = fc.property(
    pieces,
    fc.boolean(),
    fc.integer({ min: 1, max: 200 }),
    (octets, end, most) => {
      driver.call.useAll!(1);
      driver.whole(octets, { endOfStream: end, maxBytes: most });
      expect(driver.call.isAmbiguous!()).toBe(0);
      expect(driver.call.everyCut!()).toBe(-1);
    },
  );
  fc.assert(property, { numRuns: 1000 });
});
