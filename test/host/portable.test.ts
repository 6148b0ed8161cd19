import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Double, HeaderMap, type Plugin, type PropertyValue, startPlugin } from "../../harness/host/index.js";
import { builtinModule, packageModule } from "../../harness/host/platform.js";
import { encodeValue } from "../../harness/host/property-value.js";
import { compress, uncompress } from "../../harness/host/zlib.js";
import { deflateSync, inflateSync } from "node:zlib";
import { moduleOf, ROOT } from "./support.js";

const FOLDER = join(ROOT, "harness/host");

it("uses nothing that only Node has, so that it runs in a browser", () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  expect(files.length).toBeGreaterThan(20);
  for (const name of files.filter((file) => file !== "platform.ts")) {
    const source = readFileSync(join(FOLDER, name), "utf8");
    const imports = [...source.matchAll(/(?:from|import) "([^"]+)"/g)].map(([, from]) => from ?? "");
    const isOwn = (from: string) =>
      /^\.\.?\//.test(from) && join(FOLDER, name, "..", from).startsWith(FOLDER);
    // Types cost nothing and are nowhere when it runs.
    const types = /import type [^;]* from "@bufbuild\/cel"/.test(source) ? ["@bufbuild/cel"] : [];
    expect(
      imports.filter((from) => !isOwn(from)),
      name,
    ).toEqual(types);
    expect(source, name).not.toMatch(/\b(?:Buffer|process|require)\b(?:\?\.|[.(])/);
  }
});

it("asks for what only Node has in one file, which does without", () => {
  vi.stubGlobal("process", undefined);
  expect(builtinModule("node:crypto")).toBeNull();
  expect(packageModule("@bufbuild/cel")).toBeNull();
  vi.stubGlobal("process", {});
  expect(builtinModule("node:crypto")).toBeNull();
  vi.unstubAllGlobals();
  expect(builtinModule("node:crypto")).toHaveProperty("verify");
  expect(builtinModule("node:nothing")).toBeNull();
  expect(packageModule("@bufbuild/cel")).toHaveProperty("parse");
  expect(() => packageModule("@bufbuild/nothing")).toThrow("Cannot find module");
});

describe("zlib", () => {
  const texts = ["", "a", "words ".repeat(500), Array.from({ length: 70_000 }, (_, i) => i % 251).join("")];

  it.each(texts.map((text) => [text.length, text] as const))(
    "reads what others write, %i octets",
    (_, text) => {
      const data = new TextEncoder().encode(text);
      for (const level of [0, 1, 6, 9]) expect(uncompress(deflateSync(data, { level }))).toEqual(data);
      expect(new Uint8Array(inflateSync(compress(data)))).toEqual(data);
    },
  );

  it("refuses what is no zlib stream, and streams that are cut short or changed", () => {
    expect(uncompress(new TextEncoder().encode("no such thing"))).toBeNull();
    const whole = new Uint8Array(deflateSync("words ".repeat(50)));
    for (let size = 0; size < whole.length; size++) expect(uncompress(whole.subarray(0, size))).toBeNull();
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at]! ^= 0xff;
      expect(uncompress(changed)).toBeNull();
    }
  });
});

it.each<[string, PropertyValue, number[]]>([
  ["text as UTF-8", "ä", [0xc3, 0xa4]],
  ["integers as 8 octets", 258, [2, 1, 0, 0, 0, 0, 0, 0]],
  ["negative integers", -1n, new Array<number>(8).fill(255)],
  ["booleans as one octet", true, [1]],
  ["doubles", new Double(1), [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]],
  ["times as nanoseconds", new Date(1), [0x40, 0x42, 0x0f, 0, 0, 0, 0, 0]],
  ["maps as pairs", { a: "b" }, [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 97, 0, 98, 0]],
  ["lists as pairs without values", ["a"], [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 97, 0, 0]],
])("encodes %s as Envoy does", (_, value, octets) => {
  expect([...(encodeValue(value) as Uint8Array)]).toEqual(octets);
});

it("keeps header values as octets", () => {
  const map = HeaderMap.from([["X-Binary", new Uint8Array([255, 128, 0x41])]]);
  expect(map.get("x-binary")).toBe("\xff\x80A");
  expect(map.bytes("x-binary")).toEqual(new Uint8Array([255, 128, 0x41]));
  expect(() => HeaderMap.from({ "x-text": "\u20ac" })).toThrow(TypeError);
});

describe("a thousand requests", () => {
  const THOUSAND = 1_000;
  let module: WebAssembly.Module;

  beforeAll(async () => {
    module = await moduleOf("examples/add-header/index.ts");
  });

  const thousand = (plugin: Plugin): void => {
    for (let i = 0; i < THOUSAND; i++) plugin.request({ headers: { "x-name": "ada" } });
  };

  // A limit that something has to be wrong for, of processor time because others may be at work: what they take is in
  // docs/testing.md.
  it("of a plugin that has just been started take less than 50 ms", () => {
    const rounds = Array.from({ length: 7 }, () => {
      const start = process.cpuUsage();
      const plugin = startPlugin(module, { configuration: { header: "x-greeting" } });
      thousand(plugin);
      expect(plugin.counter("add_header.requests")).toBe(THOUSAND);
      return process.cpuUsage(start).user / 1000;
    });
    expect(Math.min(...rounds)).toBeLessThan(50);
  });

  it("take no more memory than those before", () => {
    const plugin = startPlugin(module, { configuration: { header: "x-greeting" } });
    for (let round = 0; round < 5; round++) thousand(plugin);
    const pages = plugin.memoryPages;
    for (let round = 0; round < 10; round++) thousand(plugin);
    expect(plugin.memoryPages).toBe(pages);
  });
});
