// Known answers: what each octet string is, and the octet that decides.
import { beforeAll, describe, expect, test } from "vitest";
import { clientHello } from "./client-hello.js";
import { GREETINGS, ON_REQUEST, type Sample, SAMPLES, text } from "./corpus.js";
import { Driver, type Outcome } from "./driver.js";

let driver: Driver;
beforeAll(async () => {
  driver = await Driver.load();
});

function expected({ protocol, at, reason }: Sample): Outcome {
  return { protocol, at, reason: reason ?? (protocol === "unknown" ? "unknown" : "detected") };
}

function answer(sample: Sample): Outcome | undefined {
  return driver.whole(sample.octets, { endOfStream: sample.endOfStream ?? false });
}

test.each(SAMPLES)("a client: $name", (sample) => {
  driver.use();
  expect(answer(sample)).toEqual(expected(sample));
});

test.each(ON_REQUEST)("a client, on request: $name", (sample) => {
  driver.call.useAll!(0);
  expect(answer(sample)).toEqual(expected(sample));
});

test.each(GREETINGS)("a server: $name", (sample) => {
  driver.call.useGreetings!();
  expect(answer(sample)).toEqual(expected(sample));
});

describe("which protocols", () => {
  test("each that a client's octets tell has a sample", () => {
    driver.call.useAll!(0);
    const known = new Set([...SAMPLES, ...ON_REQUEST].map(({ protocol }) => protocol));
    const missing = driver
      .text("probed")
      .split(",")
      .filter((name) => !known.has(name));
    expect(missing).toEqual([]);
    expect(known.size).toBeGreaterThan(40);
  });

  test("each that a greeting tells has a sample", () => {
    driver.call.useGreetings!();
    const known = new Set(GREETINGS.map(({ protocol }) => protocol));
    expect(
      driver
        .text("probed")
        .split(",")
        .filter((name) => !known.has(name)),
    ).toEqual([]);
  });

  test.each(["OpenVPN", "BitTorrent"])("%s is not looked for unless asked", (name) => {
    driver.use();
    const { octets } = ON_REQUEST.find((sample) => sample.name === name)!;
    expect(driver.whole(octets, { endOfStream: true })?.protocol).toBe("unknown");
  });

  test("HTTP/1.1 alone leaves HTTP/1.0 and HTTP/2 out", () => {
    driver.use(["http/1.1"]);
    expect(driver.whole(text("GET / HTTP/1.1\r\n"))?.protocol).toBe("http/1.1");
    expect(driver.whole(text("GET / HTTP/1.0\r\n"))).toEqual({
      protocol: "unknown",
      reason: "unknown",
      at: 16,
    });
    expect(driver.whole(text("PRI * HTTP/2.0\r\n"))).toEqual({
      protocol: "unknown",
      reason: "unknown",
      at: 3,
    });
  });

  test("MongoDB in 261 octets, where nobody looks for SOCKS5", () => {
    const { octets } = SAMPLES.find(({ name }) => name === "MongoDB in 261 octets")!;
    driver.use(["mongo", "tls"]);
    expect(driver.whole(octets)).toEqual({ protocol: "mongo", reason: "detected", at: 16 });
  });

  test("another method, and then no other", () => {
    driver.give(text("BAD"));
    driver.call.useMethod!();
    expect(driver.whole(text("BAD / HTTP/1.1\r\n"))?.protocol).toBe("http/1.1");
    expect(driver.whole(text("GET / HTTP/1.1\r\n"))?.protocol).toBe("unknown");
  });
});

describe("the most octets", () => {
  const line = text(`GET /${"a".repeat(200)} HTTP/1.1\r\n`);

  test.each([
    { maxBytes: line.length, outcome: { protocol: "http/1.1", reason: "detected", at: line.length } },
    { maxBytes: line.length - 1, outcome: { protocol: "unknown", reason: "cap", at: line.length - 1 } },
    { maxBytes: 1, outcome: { protocol: "unknown", reason: "cap", at: 1 } },
  ])("$maxBytes", ({ maxBytes, outcome }) => {
    driver.use();
    expect(driver.whole(line, { maxBytes })).toEqual(outcome);
    expect(driver.whole(line, { maxBytes, endOfStream: true })).toEqual(outcome);
    expect(driver.call.octetwise!()).toBe(1);
  });

  test("of a line of 70 KiB", () => {
    driver.use();
    const long = text(`GET /${"a".repeat(70 << 10)} HTTP/1.1\r\n`);
    expect(driver.whole(long)).toEqual({ protocol: "unknown", reason: "cap", at: 8192 });
    expect(driver.whole(long, { maxBytes: 100_000 })).toEqual({
      protocol: "http/1.1",
      reason: "detected",
      at: long.length,
    });
  });
});

test("nothing is allocated for a connection", () => {
  driver.use();
  const samples = SAMPLES.filter(({ octets }) => octets.length > 0 && octets.length < 200);
  driver.give(text("x"));
  driver.call.repeat!(10);
  const before = driver.memorySize();
  for (const { octets } of samples) {
    driver.give(octets);
    driver.call.repeat!(2000);
  }
  expect(driver.memorySize()).toBe(before);
});

describe("ten thousand connections that wait", () => {
  const CONNECTIONS = 10_000;
  const MOST_OCTETS = 1024;

  test.each([
    { what: "a letter", sent: text("G") },
    { what: "the first octet of a record", sent: Buffer.from([0x16]) },
    { what: "half a hello", sent: clientHello({ padding: 500, alpn: ["h2"] }).subarray(0, 300) },
  ])("for more than $what take a bounded amount of memory", async ({ sent }) => {
    const alone = await Driver.load();
    alone.call.useAll!(1);
    alone.call.limit!(16384, 0);
    alone.give(sent);
    const before = alone.memorySize();
    expect(alone.call.hold!(CONNECTIONS)).toBe(CONNECTIONS);
    expect((alone.memorySize() - before) / CONNECTIONS).toBeLessThan(MOST_OCTETS);
  });
});
