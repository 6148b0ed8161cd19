// The command shows what the detector does: which probes were alive, where each died, what decided.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Command } from "commander";
import { register } from "../../harness/commands/explain-bytes.js";
import { explainBytes } from "../../harness/protocol/explain.js";
import { renderExplanation } from "../../harness/protocol/explain-table.js";
import { clientHello } from "./client-hello.js";
import { hex, PREFACE, SAMPLES, text } from "./corpus.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-explain-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("octet by octet", () => {
  test("a request line", async () => {
    const { steps, verdict } = await explainBytes(text("GET / HTTP/1.1\r\n"));
    expect(verdict).toEqual({ protocol: "http/1.1", reason: "detected", at: 16, serverName: null, alpn: [] });
    expect(steps.map(({ at, octet, alive }) => [at, octet, alive])).toEqual([
      [1, 0x47, ["http/1", "mongo", "rtsp"]],
      [3, 0x54, ["http/1", "rtsp"]],
      [4, 0x20, ["http/1"]],
      [16, 0x0a, ["http/1"]],
    ]);
    expect(steps[1]!.died).toEqual([{ protocol: "mongo", why: "a length that it does not have" }]);
    expect(steps[2]!.died).toEqual([{ protocol: "rtsp", why: "not a known method" }]);
  });

  test("what is nothing dies where its last probe does", async () => {
    const { steps, verdict } = await explainBytes(text("GET / HTTP/1.1 x\r\n"), { protocols: ["http"] });
    expect(verdict).toMatchObject({ protocol: "unknown", reason: "unknown", at: 15 });
    expect(steps.at(-1)).toEqual({
      at: 15,
      octet: 0x20,
      died: [{ protocol: "http/1", why: "not how its line ends" }],
      alive: [],
    });
  });

  test("a protocol with several probes dies with the last of them", async () => {
    const { steps } = await explainBytes(hex("414d5150 00000901"), { protocols: ["amqp"] });
    expect(steps.map(({ at, died }) => [at, died])).toEqual([[8, []]]);
  });

  test("an open end, and the end of the stream", async () => {
    const open = await explainBytes(text("stat"), { protocols: ["zookeeper"] });
    expect(open).toMatchObject({ verdict: null, steps: [{ at: 4, octet: 0x74, alive: ["zookeeper"] }] });
    const ended = await explainBytes(text("stat"), { protocols: ["zookeeper"], endOfStream: true });
    expect(ended.verdict).toMatchObject({ protocol: "zookeeper", reason: "end-of-stream", at: 4 });
    const nothing = await explainBytes(text(""), { endOfStream: true });
    expect(nothing.verdict).toMatchObject({ protocol: "unknown", reason: "end-of-stream", at: 0 });
  });

  test("a hello with its names", async () => {
    const { verdict } = await explainBytes(
      clientHello({ serverName: "A.example", alpn: ["h2", "http/1.1"] }),
    );
    expect(verdict).toEqual({
      protocol: "tls",
      reason: "detected",
      at: 11,
      serverName: "a.example",
      alpn: ["h2", "http/1.1"],
    });
  });

  test("a hello that is not whole is TLS already", async () => {
    const octets = clientHello({ serverName: "a.example" }).subarray(0, 20);
    const { verdict } = await explainBytes(octets);
    expect(verdict).toMatchObject({ protocol: "tls", reason: "detected", at: 11, serverName: null });
  });

  test("gRPC behind HTTP/2", async () => {
    const frames = hex("000000040000000000 00000d010400000001 5f8b1d75d0620d263d4c4d6564");
    const octets = Buffer.concat([PREFACE, frames]);
    expect((await explainBytes(octets)).verdict).toMatchObject({ protocol: "http2", at: 24 });
    const all = await explainBytes(octets, { protocols: ["http2", "grpc"] });
    expect(all.verdict).toMatchObject({ protocol: "grpc", at: 24 });
  });

  test("a server's greeting, a method of one's own, a cap", async () => {
    const greeting = await explainBytes(text("220 a ESMTP\r\n"), { greeting: true });
    expect(greeting.verdict).toMatchObject({ protocol: "smtp" });
    const method = await explainBytes(text("BAD / HTTP/1.1\r\n"), { methods: ["BAD"] });
    expect(method.verdict).toMatchObject({ protocol: "http/1.1" });
    const cap = await explainBytes(text("GET / HTTP/1.1\r\n"), { maxBytes: 10 });
    expect(cap.verdict).toMatchObject({ protocol: "unknown", reason: "cap", at: 10 });
  });

  test("what the filter's configuration refuses", async () => {
    await expect(explainBytes(text("x"), { protocols: ["gopher"] })).rejects.toThrow(/detection\.protocols/);
  });

  test.each(SAMPLES.filter((_, index) => index % 29 === 0))(
    "the same as the detector: $name",
    async (sample) => {
      const { octets, endOfStream = false } = sample;
      const { verdict } = await explainBytes(octets, { endOfStream, maxBytes: 65536 });
      expect(verdict).toMatchObject({ protocol: sample.protocol, at: sample.at });
    },
  );
});

describe("the detector's module", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("is compiled into the cache, and not into the package, which may be somebody else's", async () => {
    const cache = join(folder, "cache");
    vi.stubEnv("TREMULA_CACHE", cache);
    expect((await explainBytes(text("SSH-2.0-"))).verdict).toMatchObject({ protocol: "ssh" });
    const files = await readdir(cache, { recursive: true });
    expect(files.filter((file) => file.endsWith(".wasm"))).toHaveLength(1);
  });

  test("needs a cache that can be written to", async () => {
    vi.stubEnv("TREMULA_CACHE", join(folder, "file"));
    await writeFile(join(folder, "file"), "");
    await expect(explainBytes(text("x"))).rejects.toMatchObject({ code: "CACHE_UNWRITABLE" });
  });
});

test("the table has every step and the outcome", async () => {
  const lines = renderExplanation(await explainBytes(text("GET / HTTP/1.1\r\n"))).split("\n");
  expect(lines.filter((line) => /^│ \d/.test(line)).map((line) => line.slice(2, 18).trim())).toEqual([
    "1      │ 47 G",
    "3      │ 54 T",
    "4      │ 20",
    "16     │ 0a",
  ]);
  expect(lines.at(-2)).toBe("http/1.1 (detected) after 16 octets");
  const open = renderExplanation(await explainBytes(text("*1\r\n"), { protocols: ["redis", "tls"] }));
  expect(open).toContain("undecided after 4 octets: redis\n");
});

describe("the command", () => {
  async function run(...argv: string[]): Promise<Record<string, unknown>> {
    const file = join(folder, "out.json");
    const program = new Command().exitOverride();
    register(program);
    await program.parseAsync(["explain-bytes", ...argv, "--json", file], { from: "user" });
    return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  }

  test("takes text with escapes, digits, and files", async () => {
    const capture = join(folder, "capture.bin");
    await writeFile(capture, hex("050100"));
    expect(await run("--text", "*1\\r\\n$\\x34\\r\\n")).toMatchObject({ verdict: { protocol: "redis" } });
    expect(await run("--hex", "05 01:00")).toMatchObject({ verdict: { protocol: "socks5" } });
    expect(await run(capture)).toMatchObject({ verdict: { protocol: "socks5" } });
    expect(await run("--text", "stat", "--eos", "--protocols", "zookeeper, tls")).toMatchObject({
      protocols: ["tls", "zookeeper"],
      verdict: { reason: "end-of-stream" },
    });
  });

  test("says where the explanation cannot be written", async () => {
    const program = new Command().exitOverride();
    register(program);
    const argv = ["explain-bytes", "--hex", "00", "--json", join(folder, "missing", "out.json")];
    await expect(program.parseAsync(argv, { from: "user" })).rejects.toMatchObject({ name: "HarnessError" });
  });

  test.each([[[]], [["--hex", "0"]], [["--text", "a\\q"]], [["--text", "a", "file"]], [["missing.bin"]]])(
    "refuses %j",
    async (argv) => {
      await expect(run(...argv)).rejects.toMatchObject({ exitCode: 2 });
    },
  );
});
