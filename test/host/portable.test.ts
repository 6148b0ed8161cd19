import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Double, HeaderMap, type Plugin, type PropertyValue, startPlugin } from "../../harness/host/index.js";
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
  for (const name of files) {
    const source = readFileSync(join(FOLDER, name), "utf8");
    const imports = [...source.matchAll(/(?:from|import) "([^"]+)"/g)].map(([, from]) => from ?? "");
    expect(
      imports.filter((from) => !from.startsWith("./") && !from.startsWith("../")),
      name,
    ).toEqual([]);
    expect(
      imports.filter((from) => join(FOLDER, name, "..", from).startsWith(FOLDER)),
      name,
    ).toEqual(imports);
    expect(source, name).not.toMatch(/\b(?:Buffer|process|require|globalThis\.process)\b[.(]/);
  }
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
  let plugin: Plugin;

  beforeAll(async () => {
    const module = await moduleOf("examples/add-header/index.ts");
    plugin = startPlugin(module, { configuration: { header: "x-greeting" } });
  });

  it("take less than 50 ms, and no more memory than the first", () => {
    const thousand = (): number => {
      const start = process.cpuUsage();
      for (let i = 0; i < 1_000; i++) plugin.request({ headers: { "x-name": "ada" } });
      return process.cpuUsage(start).user / 1000;
    };
    // The first ones are compiled while they run.
    for (let round = 0; round < 3; round++) thousand();
    const pages = plugin.memoryPages;
    const best = Math.min(...Array.from({ length: 5 }, thousand));
    expect(best).toBeLessThan(50);
    expect(plugin.memoryPages).toBe(pages);
    expect(plugin.counter("add_header.requests")).toBe(8_000);
  });
});
