import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bitsOf, judge } from "./json-oracle.js";
import { loadUnit, type Unit } from "../unit-module.js";

enum Kind {
  Absent = -1,
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

const MAX_BYTES = 1 << 20;

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("json-document");
});
beforeEach(() => {
  unit.call.create!(32, MAX_BYTES);
});

function read(document: string | Uint8Array): boolean {
  unit.give(typeof document === "string" ? Buffer.from(document) : document);
  return unit.call.read!() === 1;
}

/** The value at a path of names, each with a slash behind it. */
function find(path: string): number {
  unit.give(Buffer.from(path));
  return unit.call.find!();
}

function octets(getter: string, entry: number): Buffer {
  const size = unit.call[getter]!(entry);
  return Buffer.from(unit.octets(unit.call.address!(), size));
}

function text(getter: string, entry: number): string {
  return octets(getter, entry).toString();
}

function long(getter: string, entry: number): bigint {
  return (unit.call[getter] as unknown as (entry: number) => bigint)(entry);
}

function children(entry: number): number[] {
  const list: number[] = [];
  for (let e = unit.call.first!(entry); e !== 0; e = unit.call.next!(entry, e)) list.push(e);
  expect(unit.call.count!(entry)).toBe(list.length);
  return list;
}

/** What JSON.parse would make of a value, by all the getters that fit. */
function load(entry: number): unknown {
  const kind: Kind = unit.call.kind!(entry);
  switch (kind) {
    case Kind.Null:
      return null;
    case Kind.Bool:
      return unit.call.isTrue!(entry) === 1;
    case Kind.Number:
      return unit.call.f64Of!(entry);
    case Kind.String:
      return text("stringOf", entry);
    case Kind.Array:
      return children(entry).map(load);
    case Kind.Object:
      return Object.fromEntries(children(entry).map((e) => [text("nameOf", e), load(e)]));
    case Kind.Absent:
      return undefined;
  }
}

const values = fc.jsonValue({ stringUnit: "binary", depthSize: "medium" });

describe("a document", () => {
  test("is read as JSON.parse reads it, and written as a document of the same value", () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1, "\t\n"), (value, space) => {
        expect(read(JSON.stringify(value, null, space))).toBe(true);
        const parsed: unknown = JSON.parse(JSON.stringify(value));
        expect(load(unit.call.root!())).toEqual(parsed);
        const written = text("write", unit.call.root!());
        expect(JSON.parse(written)).toEqual(parsed);
        expect(Buffer.byteLength(written)).toBe(
          written === ""
            ? 0
            : Buffer.byteLength(JSON.stringify(JSON.parse(written)).replace(/\\[bfnrt]/g, "\\u0000")) +
                numberSlack(written),
        );
      }),
      { numRuns: 3000 },
    );
  });

  /** JSON.stringify may write a number shorter or longer than it came. */
  function numberSlack(written: string): number {
    const bare = (json: string) => json.replace(/\\u00[01]\w/g, "").replace(/"(?:[^"\\]|\\.)*"/g, "");
    return bare(written).length - bare(JSON.stringify(JSON.parse(written))).length;
  }

  test("is refused as the reader of peers' JSON refuses it, and has no values then", () => {
    for (const [document, error] of [
      ["", "$: expected a value (byte 0)"],
      ["\ufeff{}", "$: expected a value (byte 0)"],
      ['{"a":1} x', "$: expected the end (byte 8)"],
      ['{"a":1,"b":{"c":1,"\\u0063":2}}', "$.b.c: duplicate field (byte 18)"],
      ['{"a":"\\ud800"}', "$.a: expected a valid escape (byte 6)"],
      ["[".repeat(33) + "]".repeat(33), `$${"[0]".repeat(32)}: nested too deep (byte 32)`],
      [`"${"x".repeat(MAX_BYTES - 1)}"`, "$: expected a smaller document (byte 0)"],
    ] as const) {
      expect(read('{"a":1}')).toBe(true);
      expect(read(document)).toBe(false);
      expect(unit.text(unit.call.error!())).toBe(error);
      expect(unit.call.root!()).toBe(0);
      expect(find("a/")).toBe(0);
      expect(unit.call.kind!(1)).toBe(Kind.Absent);
    }
    expect(read(Uint8Array.of(0x22, 0xff, 0x22))).toBe(false);
    expect(unit.text(unit.call.error!())).toBe("$: expected UTF-8 (byte 1)");
    expect(read(' {"a":1} \r\n\t')).toBe(true);
    expect(unit.text(unit.call.error!())).toBe("");
  });

  test("keeps to the limits that it is given", () => {
    unit.call.create!(1, 6);
    expect(read("[1234]")).toBe(true);
    expect(read("[12345]")).toBe(false);
    expect(read("[[1]]")).toBe(false);
  });

  test("has no values before the first", () => {
    expect(unit.call.root!()).toBe(0);
    expect(unit.call.kind!(1)).toBe(Kind.Absent);
  });
});

describe("members", () => {
  test("are found by their names, as they are", () => {
    read('{"a":{"some_name":[1],"":null},"\\u0061b":true,"ab ":false,"A":2}');
    expect(load(find("a/some_name/"))).toEqual([1]);
    expect(unit.call.kind!(find("a//"))).toBe(Kind.Null);
    expect(load(find("ab/"))).toBe(true);
    expect(load(find("A/"))).toBe(2);
    for (const path of [
      "someName/",
      "a/someName/",
      "b/",
      "a/some_name/0/",
      "ab/x/",
      "a/some_name/some_name/",
    ])
      expect(find(path), path).toBe(0);
  });

  test("of many objects are found past what is in those before them", () => {
    read('{"x":{"y":{"z":1},"k":2},"l":[{"z":3},{"k":4}],"k":5,"z":{}}');
    expect(load(find("k/"))).toBe(5);
    expect(load(find("z/"))).toEqual({});
    expect(load(find("x/k/"))).toBe(2);
    expect(find("y/")).toBe(0);
  });
});

describe("numbers", () => {
  test.each([
    ["0", true, 0n, 0n],
    ["-0", true, 0n, 0n],
    ["9007199254740993", true, 9007199254740993n, 9007199254740993n],
    ["9223372036854775808", true, null, 9223372036854775808n],
    ["-9223372036854775808", true, -9223372036854775808n, null],
    ["18446744073709551615", true, null, 18446744073709551615n],
    ["18446744073709551616", true, null, null],
    ["123456789012345678901234567890", true, null, null],
    ["1.0", false, 1n, 1n],
    ["1e3", false, 1000n, 1000n],
    ["-5E+0", false, -5n, null],
    ["1795424000.5", false, null, null],
    ["1e400", false, null, null],
  ])("%s is exact", (written, isInteger, signed, unsigned) => {
    read(`[${written} ]`);
    const entry = children(unit.call.root!())[0]!;
    expect(unit.call.isInteger!(entry)).toBe(Number(isInteger));
    expect(unit.call.isI64!(entry) ? long("i64Of", entry) : null).toBe(signed);
    expect(unit.call.isU64!(entry) ? BigInt.asUintN(64, long("u64Of", entry)) : null).toBe(unsigned);
    expect(bitsOf(unit.call.f64Of!(entry))).toBe(bitsOf(Number(written)));
    expect(text("literalOf", entry)).toBe(written);
    expect(text("write", unit.call.root!())).toBe(`[${written}]`);
  });

  test.each(['"1"', "true", "null", "[1]", '{"a":1}', '""'])("%s is none", (document) => {
    read(document);
    for (const getter of ["isInteger", "isI64", "isU64"]) expect(unit.call[getter]!(1), getter).toBe(0);
    expect(long("i64Of", 1)).toBe(0n);
    expect(long("u64Of", 1)).toBe(0n);
    expect(unit.call.f64Of!(1)).toBeNaN();
    expect(text("literalOf", 1)).toBe("");
  });
});

describe("strings", () => {
  test("are compared after their escapes are taken out, and nothing else is equal", () => {
    read('["caf\\u00e9",5,"5"]');
    const [name, number, quoted] = children(unit.call.root!());
    const equals = (entry: number, other: string) => {
      unit.give(Buffer.from(other));
      return unit.call.equalsInput!(entry) === 1;
    };
    expect(equals(name!, "café")).toBe(true);
    expect(equals(name!, "cafe")).toBe(false);
    expect(equals(name!, "café ")).toBe(false);
    expect(equals(number!, "5")).toBe(false);
    expect(equals(quoted!, "5")).toBe(true);
    expect(equals(0, "")).toBe(false);
    expect(text("stringOf", number!)).toBe("");
  });

  test("are written with the escapes that JSON needs", () => {
    const all = Array.from({ length: 0x90 }, (_, i) => String.fromCharCode(i)).join("") + "\u2028😀";
    read(JSON.stringify([all]));
    const written = text("write", unit.call.root!());
    expect(JSON.parse(written)).toEqual([all]);
    expect(written).toContain("\\u0000\\u0001");
    expect(written).toContain('\\u001f !\\"#');
    expect(written).toContain("\u007f\u0080");
  });

  test("are plain octets or not at every offset", () => {
    // Eight octets are looked at together.
    for (let size = 0; size < 40; size++) {
      for (const special of ["\\n", "\\\\", '\\"', "é", "€", "😀", "", "!", "[", "\x7f", "]", "#"]) {
        const inner = "a".repeat(size) + special + "b".repeat(17);
        expect(read(`"${inner}"`), inner).toBe(true);
        expect(text("stringOf", 1)).toBe(JSON.parse(`"${inner}"`));
      }
      for (const special of ["\0", "\x1f", "\n", "\\x"])
        expect(read(`"${"a".repeat(size)}${special}bbbbbbbb"`)).toBe(false);
      for (const octet of [0x80, 0xff, 0xa2, 0xdc]) {
        const document = Buffer.from(`"${"a".repeat(size)}?bbbbbbbb"`);
        document[size + 1] = octet;
        expect(read(document)).toBe(false);
      }
    }
  });
});

describe("whatever comes", () => {
  const GETTERS = [
    "kind",
    "first",
    "count",
    "isTrue",
    "isInteger",
    "isI64",
    "i64Of",
    "isU64",
    "u64Of",
    "f64Of",
    "nameOf",
    "literalOf",
    "stringOf",
    "write",
  ];

  test("no handle traps, in this document or another", () => {
    let seed = 1;
    const random = (below: number) => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % 65521) % below;
    const documents = [
      '{"a":[1,{"b":"c"}],"d":{"e":{}},"f":-1.5}',
      "[]",
      "[[[[1]]]]",
      '"x"',
      "{",
      JSON.stringify(Array(500).fill({ k: "v" })),
    ];
    for (let run = 0; run < 20_000; run++) {
      read(documents[random(documents.length)]!);
      const entry = [random(20), random(3000), -random(5), 0x7fffffff, -0x80000000, random(65521) << 15][
        random(6)
      ]!;
      const other = random(20);
      for (const getter of GETTERS) unit.call[getter]!(entry);
      unit.call.next!(entry, other);
      unit.call.next!(other, entry);
    }
  });

  test("no octets trap, and what is accepted is what JSON.parse accepts", () => {
    const alphabet = Buffer.from('[]{},:"\\/0123456789.-+eEtrufalsn u\t\n\x00\x80\xc2\xe2\xff', "latin1");
    let seed = 7;
    const random = (below: number) => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % 65521) % below;
    let accepted = 0;
    for (let run = 0; run < 50_000; run++) {
      const octets = Buffer.alloc(random(48));
      for (let i = 0; i < octets.length; i++)
        octets[i] = run % 2 ? alphabet[random(alphabet.length)]! : random(256);
      const ok = read(octets);
      expect(ok).toBe(judge(octets).accepted);
      if (ok) load(unit.call.root!());
      accepted += Number(ok);
    }
    expect(accepted).toBeGreaterThan(50);
  });

  test("names come once, among few and among many, wherever the second is", () => {
    for (const count of [2, 3, 31, 32, 33, 34, 100]) {
      for (const prefix of ["", "a long name that many have ", "x"]) {
        const names = Array.from({ length: count }, (_, i) => `${prefix}${(i * 37) % 1009}`);
        const print = (list: string[]) =>
          `{${list.map((name) => `${JSON.stringify(name)}:{"n":[1,2]}`).join(",")}}`;
        expect(read(print(names)), `${count} names`).toBe(true);
        for (const [one, other] of [
          [0, 1],
          [0, count - 1],
          [count >> 1, count - 1],
          [count - 2, count - 1],
        ] as const) {
          if (one === other) continue;
          const twice = [...names];
          twice[other] = names[one]!;
          expect(read(print(twice)), `${one} and ${other} of ${count}`).toBe(false);
          expect(unit.text(unit.call.error!())).toContain(`$.${names[one]}: duplicate field`);
        }
      }
    }
  });

  test("a document read again asks for no memory, and many of them for no more than one", () => {
    const claims = {
      iss: "https://issuer.test",
      aud: ["shop", "store"],
      exp: 1795424000,
      scope: "openid profile",
      roles: { a: ["b"] },
    };
    unit.give(Buffer.from(JSON.stringify(claims)));
    // Nothing is collected while a call runs: objects made for each document would add up.
    const before = unit.memorySize();
    expect(unit.call.claims!(200_000)).toBe(200_000);
    expect(unit.memorySize()).toBe(before);
  });
});
