import { beforeAll, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("json-config");
});

/** What the fixture's function reads from a configuration, or the error after a `!`. */
function read(name: string, document: unknown, ...args: number[]): string {
  unit.give(Buffer.from(typeof document === "string" ? document : JSON.stringify(document)));
  return unit.text(unit.call[name]!(...args));
}

describe("names", () => {
  test.each([
    [{ issuer: "a", audience: "b" }, "a,b,"],
    [{ issuer: "a", audience: "b", header: { headerName: "c" } }, "a,b,c"],
    [
      { isuer: "a", audience: "b" },
      "!$.isuer: unknown field; expected one of header, issuer, audience (byte 1)",
    ],
    [
      { issuer: "a", audiense: "b" },
      "!$.audiense: unknown field; expected one of header, issuer, audience (byte 14)",
    ],
    [{ audience: "b" }, "!$.issuer: missing (byte 0)"],
    // What is unknown in another object has nothing to do with what is missing here.
    [{ audience: "b", header: { header_name: "c", value: "" } }, "!$.issuer: missing (byte 0)"],
    [
      { issuer: "a", audience: "b", header: { name: "c" } },
      "!$.header.name: unknown field; expected one of header_name (byte 39)",
    ],
    [{ isuer: "a", audience: "b", header: {} }, "!$.header.header_name: missing (byte 37)"],
    // A value that is wrong comes before names.
    [
      { isuer: "a", audience: 1 },
      "!$.isuer: unknown field; expected one of header, issuer, audience (byte 1)",
    ],
    [{ header: 1, isuer: "a" }, "!$.header: expected an object (byte 10)"],
    [
      { issuer: "a", audience: "b", header: { header_name: "c", headerName: "d" } },
      "!$.header.headerName: duplicate field (byte 57)",
    ],
  ])("%j reads as %s", (document, text) => {
    expect(read("provider", document)).toBe(text);
  });

  test.each([
    [{ name: "a", old_field: { b: [{ c: { d: 1 } }] } }, "a"],
    [{ name: "a", oldField: 1 }, "a"],
    [{ name: "a", old_field: null }, "a"],
    [{ name: "a" }, "a"],
    [
      { name: "a", old_field: {}, other: 1 },
      "!$.other: unknown field; expected one of old_field, name (byte 27)",
    ],
  ])("a field that is ignored is known, with all below it: %j", (document, text) => {
    expect(read("ignoring", document)).toBe(text);
  });
});

describe("durations", () => {
  test.each([
    ["0s", 0n],
    ["1s", 1_000_000_000n],
    ["1.5s", 1_500_000_000n],
    ["0.000000001s", 1n],
    ["300.010s", 300_010_000_000n],
    ["18446744073.709551615s", 18446744073709551615n],
    ["18446744073.709551616s", 18446744073709551615n],
    ["315576000000s", 18446744073709551615n],
  ])("%s is %s nanoseconds", (text, nanoseconds) => {
    expect(read("wait", { wait: text })).toBe(String(nanoseconds));
    expect(read("waits", { waits: [text] })).toBe(`7,${nanoseconds},${nanoseconds}`);
  });

  test.each([
    "-1s",
    "1",
    "s",
    "",
    ".5s",
    "1.s",
    "1.0000000001s",
    "1,5s",
    "1.5.5s",
    "1.-5s",
    "1e3s",
    " 1s",
    "1 s",
    "1ms",
    "+1s",
    "0x1s",
    "315576000001s",
    "99999999999999999999s",
    1.5,
    true,
    {},
  ])("%j is none", (value) => {
    const error = "expected a duration that is not negative, such as 1.5s";
    expect(read("wait", { wait: value })).toBe(`!$.wait: ${error} (byte 8)`);
    expect(read("waits", { waits: ["1s", value] })).toBe(`!$.waits[1]: ${error} (byte 15)`);
  });

  test("an absent one has its default", () => {
    expect(read("waits", { wait: null })).toBe("7");
    expect(read("wait", {})).toBe("!$.wait: missing (byte 0)");
  });
});

describe("enumerations", () => {
  test.each([
    [{ level: "HIGH" }, "3,-1"],
    [{ level: 1, other: "OFF", levels: [0, "LOW", 3, 1.0] }, "1,0,0,1,3,1"],
    [{ level: null }, "!$.level: missing (byte 0)"],
  ])("%j reads as %s", (document, text) => {
    expect(read("level", document)).toBe(text);
  });

  test.each(["", "high", "HIGHEST", "3", 2, 4, -1, 1.5, 4294967297, 1e99, true, []])(
    "%j is no value's",
    (value) => {
      expect(read("level", { level: value })).toBe("!$.level: expected one of OFF, LOW, HIGH (byte 9)");
    },
  );
});

describe("bytes", () => {
  test("are read in either alphabet, with or without padding", () => {
    for (let size = 0; size < 70; size++) {
      const octets = Buffer.from(Array.from({ length: size }, (_, i) => (i * 151 + size * 7) & 255));
      const standard = octets.toString("base64");
      for (const text of [
        standard,
        standard.replace(/=+$/, ""),
        octets.toString("base64url"),
        standard.replace(/\+/g, "-").replace(/\//g, "_"),
      ])
        expect(read("octets", { octets: text }), text).toBe(octets.toString("hex"));
    }
  });

  test.each([
    "A",
    "AAAAA",
    "AA=",
    "A===",
    "AAA==",
    "AAAA=",
    "=",
    "====",
    "AA==AA==",
    "AA A",
    "AA\n=",
    "AA.=",
    "AAé=",
    1,
    null,
  ])("%j is no base64", (value) => {
    const error = value === null ? "$.octets: missing (byte 0)" : "$.octets: expected base64 (byte 10)";
    expect(read("octets", { octets: value })).toBe(`!${error}`);
  });
});

describe("one of several fields", () => {
  test.each([
    [{ local_file: "a" }, "file a"],
    [{ localFile: "a", remote: null }, "file a"],
    [{ remote: { uri: "b" } }, "remote b"],
    [{ inline: "YQ", match: {} }, "inline a,-1"],
    [{ inline: "YQ", match: { path: "/" } }, "inline a,1"],
    [{ remote: {} }, "!$.remote.uri: missing (byte 10)"],
    [{}, "!$: needs one of local_file, remote, inline (byte 0)"],
    [{ inline: null }, "!$: needs one of local_file, remote, inline (byte 0)"],
    [{ inlin: "YQ" }, "!$.inlin: unknown field; expected one of local_file, remote, inline, match (byte 1)"],
    [
      { local_file: "a", inline: "" },
      "!$: has local_file and inline, may have only one of local_file, remote, inline (byte 0)",
    ],
    [
      { inline: "", match: { prefix: "", path: "" } },
      "!$.match: has prefix and path, may have only one of prefix, path (byte 21)",
    ],
    [{ local_file: "a", localFile: "a" }, "!$.localFile: duplicate field (byte 18)"],
    [[], "!$: expected an object (byte 0)"],
  ])("%j reads as %s", (document, text) => {
    expect(read("source", document)).toBe(text);
  });
});

describe("values", () => {
  test.each([
    ['{"u":18446744073709551615}', "18446744073709551615,5"],
    [
      '{"u":"18446744073709551615","v":0,"list":[-0,"1e3",9007199254740993]}',
      "18446744073709551615,0,0,1000,9007199254740993",
    ],
    ['{"u":18446744073709551616}', "!$.u: expected an unsigned 64-bit integer (byte 5)"],
    ['{"u":-1}', "!$.u: expected an unsigned 64-bit integer (byte 5)"],
    ['{"u":1,"list":[1.5]}', "!$.list[0]: expected an unsigned 64-bit integer (byte 15)"],
  ])("%s has the unsigned integers %s", (document, text) => {
    expect(read("numbers", document)).toBe(text);
  });

  test("say what they are, and numbers how they are written", () => {
    const document = '[null,true,false,0,-12,9007199254740993,1.0,1e3,-0.5E-7,"1","",[1],{}]';
    const text =
      "null bool bool number!0 number!-12 number!9007199254740993 number1.0 number1e3 number-0.5E-7 string string array object ";
    expect(read("values", document, 0)).toBe(text);
    expect(read("values", document, 1)).toBe(text);
  });

  test.each([
    [{ name: "a", path: "b" }, "!$.path: must begin with / (byte 19)"],
    [{}, "!$.name: is needed without id (byte 0)"],
    [{ id: "", tags: { a: 1, "": 2 } }, "!$.tags.: a tag needs a name (byte 26)"],
    [{ id: "", any: {} }, "!$.any: must have no parts (byte 15)"],
    [{ id: "", limits: { least: 2, most: 1 } }, "!$.limits: least is more than most (byte 18)"],
    [{ id: "", path: "/", tags: { a: 1 }, any: 1, limits: { least: 1, most: 1 } }, "ok"],
  ])("%j is judged by the filter's own rules: %s", (document, text) => {
    expect(read("rules", document)).toBe(text);
  });
});

describe("large configurations", () => {
  function document(count: number): string {
    const permission = (i: number, j: number) => ({
      header: {
        name: `x-header-${j}`,
        string_match: { [["exact", "prefix", "suffix"][j % 3]!]: `value-${i}-${j}`, ignore_case: true },
      },
    });
    const policy = (i: number) => ({
      permissions: Array.from({ length: 5 }, (_, j) => permission(i, j)),
      principals: [{ any: true }],
    });
    return JSON.stringify({
      policies: Object.fromEntries(Array.from({ length: count }, (_, i) => [`policy-${i}`, policy(i)])),
    });
  }

  function time(text: string): number {
    const start = performance.now();
    const count = read("policies", text);
    const end = performance.now();
    expect(Number(count)).toBeGreaterThan(0);
    return end - start;
  }

  test("take time by their size: ten thousand policies, and ten times as long as a thousand", () => {
    const large = document(10_000);
    expect(large.length).toBeGreaterThan(4_500_000);
    const small = document(1000);
    const least = (text: string) => Math.min(...Array.from({ length: 3 }, () => time(text)));
    const [few, many] = [least(small), least(large)];
    // Were each policy looked for from the first, it would be a hundred times.
    expect(many).toBeLessThan(40 * Math.max(few, 2));
  });

  test("above 16 MiB are refused", () => {
    expect(read("policies", " ".repeat(2 ** 24 + 1 - 15) + '{"policies":{}}')).toBe(
      "!$: expected a smaller document (byte 0)",
    );
    expect(read("policies", " ".repeat(2 ** 24 - 15) + '{"policies":{}}')).toBe("0");
  });
});
