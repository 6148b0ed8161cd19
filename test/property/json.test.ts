import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { canonical, dump, judge } from "./json-oracle.js";
import { loadUnit, type Unit } from "../unit-module.js";

const MAX_BYTES = 1 << 20;
const FIELDS = "header, default_value, max_size, offset, ratio, is_on, action, note, rules";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("json");
});

/** Parses a document as what a peer sends; its dump, or the error after a `!`. */
function read(document: string | Uint8Array, maxDepth = 32, maxBytes = MAX_BYTES): string {
  unit.give(typeof document === "string" ? Buffer.from(document) : document);
  const accepted = unit.call.parse!(1, maxDepth, maxBytes);
  if (!accepted) return `!${unit.text(unit.call.error!())}`;
  const size = unit.call.dump!();
  return canonical(Buffer.from(unit.octets(unit.call.output!(), size)).toString());
}

/** Reads a document as a configuration. */
function configure(document: unknown): string {
  unit.give(Buffer.from(typeof document === "string" ? document : JSON.stringify(document)));
  unit.call.parse!(0, 32, MAX_BYTES);
  return unit.text(unit.call.configure!());
}

function expectAgreement(octets: Uint8Array): void {
  const verdict = judge(octets);
  const answer = read(octets);
  if (!verdict.accepted)
    expect(answer, `refused because of ${verdict.because}`).toMatch(/^!\$.* \(byte \d+\)$/);
  // A number out of range fails the document while it is dumped.
  else if (!unit.text(unit.call.error!())) expect(answer).toBe(verdict.dump);
}

/** Prints a value in one of the many ways that JSON has for it. */
function print(value: unknown, random: () => number): string {
  const blank = () => " \t\n\r".slice(0, random() < 0.7 ? 0 : 4).slice(Math.floor(random() * 4));
  const show = (inner: unknown): string => {
    if (typeof inner === "string") return printString(inner, random);
    if (Array.isArray(inner)) return `[${blank()}${inner.map(show).join(`${blank()},${blank()}`)}${blank()}]`;
    if (typeof inner === "object" && inner !== null) {
      const fields = Object.entries(inner).map(
        ([k, v]) => `${printString(k, random)}${blank()}:${blank()}${show(v)}`,
      );
      return `{${blank()}${fields.join(`${blank()},${blank()}`)}${blank()}}`;
    }
    return Object.is(inner, -0) ? "-0" : JSON.stringify(inner);
  };
  return `${blank()}${show(value)}${blank()}`;
}

function printString(text: string, random: () => number): string {
  const escaped = [...text].map((c) => {
    if (random() < 0.2) {
      const units = Array.from({ length: c.length }, (_, i) => c.charCodeAt(i).toString(16).padStart(4, "0"));
      return units.map((unit) => `\\u${random() < 0.5 ? unit : unit.toUpperCase()}`).join("");
    }
    return c === "/" && random() < 0.5 ? "\\/" : JSON.stringify(c).slice(1, -1);
  });
  return `"${escaped.join("")}"`;
}

const values = fc.jsonValue({ stringUnit: "binary", depthSize: "medium" });
const documents = fc
  .tuple(values, fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })))
  .map(([value, stream]) => ({ value, text: print(value, () => stream.next().value as number) }));

describe("documents", () => {
  test.each([
    ["null", "null"],
    [" [ ] ", "[]"],
    ["{\t}\r\n", "{}"],
    ["[[],[[]],{}]", "[[],[[]],{}]"],
    ['{"":0}', '{"":#0000000000000000}'],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000"', '"225c2f080c0a0d0900"'],
    ['"\\ud83d\\ude00\\u00E9\\u20aC"', '"f09f9880c3a9e282ac"'],
    ['"\u007f\u0080\u{10ffff}"', '"7fc280f48fbfbf"'],
    ["-0", "#8000000000000000"],
    ["-0.0e-0", "#8000000000000000"],
    ["10E+1", "#4059000000000000"],
    [
      '{"a":1,"b":{"a":1},"A":2}',
      '{"41":#4000000000000000,"61":#3ff0000000000000,"62":{"61":#3ff0000000000000}}',
    ],
  ])("%j is read", (document, dumped) => {
    expect(read(document)).toBe(dumped);
  });

  test.each([
    ["", "$: expected a value (byte 0)"],
    [" \n", "$: expected a value (byte 2)"],
    ["[", "$[0]: expected a value (byte 1)"],
    ["]", "$: expected a value (byte 0)"],
    ["{", "$: expected a field name (byte 1)"],
    ["[1,]", "$[1]: expected a value (byte 3)"],
    ["[,1]", "$[0]: expected a value (byte 1)"],
    ["[1,,2]", "$[1]: expected a value (byte 3)"],
    ["[1 2]", "$: expected , or ] (byte 3)"],
    ["[1}", "$: expected , or ] (byte 2)"],
    ['{"a":1]', "$: expected , or } (byte 6)"],
    ['{"a":1,}', "$: expected a field name (byte 7)"],
    ['{"a"}', "$.a: expected : (byte 4)"],
    ['{"a":}', "$.a: expected a value (byte 5)"],
    ["{a:1}", "$: expected a field name (byte 1)"],
    ["{'a':1}", "$: expected a field name (byte 1)"],
    ['{"a":1 "b":2}', "$: expected , or } (byte 7)"],
    ["1 2", "$: expected the end (byte 2)"],
    ["{}}", "$: expected the end (byte 2)"],
    ["nul", "$: expected a value (byte 0)"],
    ["True", "$: expected a value (byte 0)"],
    ["nullx", "$: expected the end (byte 4)"],
    ["NaN", "$: expected a value (byte 0)"],
    ["Infinity", "$: expected a value (byte 0)"],
    ["-Infinity", "$: expected a digit (byte 1)"],
    ["+1", "$: expected a value (byte 0)"],
    [".5", "$: expected a value (byte 0)"],
    ["5.", "$: expected a digit (byte 2)"],
    ["1.e5", "$: expected a digit (byte 2)"],
    ["1e", "$: expected a digit (byte 2)"],
    ["1e+", "$: expected a digit (byte 3)"],
    ["-", "$: expected a digit (byte 1)"],
    ["01", "$: expected the end (byte 1)"],
    ["-01", "$: expected the end (byte 2)"],
    ["0x1", "$: expected the end (byte 1)"],
    ['["a', '$[0]: expected " (byte 3)'],
    ['["\t"]', "$[0]: expected no control character (byte 2)"],
    ['["\\x41"]', "$[0]: expected a valid escape (byte 2)"],
    ['["\\u12g4"]', "$[0]: expected a valid escape (byte 2)"],
    ['["\\u123', "$[0]: expected a valid escape (byte 2)"],
    ['["ab\\', "$[0]: expected a valid escape (byte 4)"],
    ['["\\ud800"]', "$[0]: expected a valid escape (byte 2)"],
    ['["\\udc00"]', "$[0]: expected a valid escape (byte 2)"],
    ['["\\ud800\\u0041"]', "$[0]: expected a valid escape (byte 2)"],
    ['["\\ud800\\ud800"]', "$[0]: expected a valid escape (byte 2)"],
    ["/* */ 1", "$: expected a value (byte 0)"],
    ["\ufeff1", "$: expected a value (byte 0)"],
    ["\u00a01", "$: expected a value (byte 0)"],
    ["1\0", "$: expected the end (byte 1)"],
    ['{"a":{"b":[0,1,{"c":tru}]}}', "$.a.b[2].c: expected a value (byte 20)"],
    ['{"a":1,"b":2,"a":3}', "$.a: duplicate field (byte 13)"],
    ['{"a":1,"\\u0061":3}', "$.a: duplicate field (byte 7)"],
    ['{"z":0,"b":1,"a":2,"b":3,"a":4,"b":5}', "$.b: duplicate field (byte 19)"],
    ['[{"x":{"k":1,"k":1}}]', "$[0].x.k: duplicate field (byte 13)"],
    ['{"a\\n\u0007":1}', "$.a : expected no control character (byte 5)"],
  ])("%j is refused", (document, error) => {
    expect(read(document)).toBe(`!${error}`);
  });

  test.each([
    ["a lone continuation octet", [0x80]],
    ["an overlong form", [0xc0, 0xaf]],
    ["an overlong form of three octets", [0xe0, 0x80, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a code point above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["a sequence that breaks off", [0xe2, 0x82]],
    ["an octet that UTF-8 never has", [0xff]],
  ])("a string with %s is refused", (_, octets) => {
    expect(read(Uint8Array.from([0x22, 0x61, ...octets, 0x22]))).toBe("!$: expected UTF-8 (byte 2)");
    expect(read(Uint8Array.from([0x22, 0x61, ...octets]))).toBe("!$: expected UTF-8 (byte 2)");
  });

  test("nesting is read down to the limit and refused below it", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(read(nested(32))).toBe(nested(32));
    expect(read(nested(33))).toBe(`!$${"[0]".repeat(32)}: nested too deep (byte 32)`);
    expect(read('{"a":{"b":{}}}', 2)).toBe("!$.a.b: nested too deep (byte 10)");
    expect(read("1", 0)).toBe("#3ff0000000000000");
    expect(read("[]", 0)).toBe("!$: nested too deep (byte 0)");
  });

  test("no limit that is asked for is deeper than 256", () => {
    const nested = "[".repeat(100_000);
    expect(read(nested, 0x7fffffff)).toMatch(/^!\$(\[0\])+/);
    expect(judge(Buffer.from("[".repeat(256) + "]".repeat(256)), 256).accepted).toBe(true);
    expect(read("[".repeat(256) + "]".repeat(256), 1000)).toBe("[".repeat(256) + "]".repeat(256));
    expect(read("[".repeat(257) + "]".repeat(257), 1000)).toMatch(/^!/);
  });

  test("a document is read up to the size limit and refused above it", () => {
    expect(read("[1,2]", 32, 5)).toBe("[#3ff0000000000000,#4000000000000000]");
    expect(read("[1,2] ", 32, 5)).toBe("!$: expected a smaller document (byte 0)");
    expect(read(`"${"x".repeat(MAX_BYTES - 2)}"`)).toHaveLength(2 * MAX_BYTES - 2);
    expect(read(`"${"x".repeat(MAX_BYTES - 1)}"`)).toBe("!$: expected a smaller document (byte 0)");
  });

  test("messages are one short line whatever the names in them are", () => {
    const line = read(`{"${"\\n".repeat(3)}${"y".repeat(10_000)}":x}`);
    expect(line).toMatch(/^!\$\. {3}y+$/);
    expect(line.length).toBeLessThan(512);
  });

  test("valid documents are read as JSON.parse reads them", () => {
    fc.assert(
      fc.property(documents, ({ value, text }) => {
        expect(read(text)).toBe(dump(value));
      }),
      { numRuns: 2000 },
    );
  });

  test("changed documents are read or refused as JSON.parse would", () => {
    const pieces = fc.constantFrom(
      ...'[]{},:"\\0123456789.-+eEtrufalsn \t\n\0\x1f\u00e9',
      "\\u0041",
      "\\ud800",
      "\\udc00",
    );
    const change = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: pieces });
    fc.assert(
      fc.property(documents, fc.array(change, { minLength: 1, maxLength: 3 }), ({ text }, changes) => {
        for (const { at, remove, insert } of changes) {
          const start = at % (text.length + 1);
          text = text.slice(0, start) + insert + text.slice(start + remove);
        }
        expectAgreement(Buffer.from(text));
      }),
      { numRuns: 10_000 },
    );
  });

  test("no document traps: a hundred thousand of random octets and of JSON's own", () => {
    const alphabet = Buffer.from('[]{},:"\\/0123456789.-+eEtrufalsn u\t\n\x00\x80\xc2\xe2\xff', "latin1");
    let seed = 1;
    const random = (below: number) => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % 65521) % below;
    let accepted = 0;
    for (let run = 0; run < 100_000; run++) {
      const octets = Buffer.alloc(random(40));
      for (let i = 0; i < octets.length; i++)
        octets[i] = run % 2 ? alphabet[random(alphabet.length)]! : random(256);
      unit.give(octets);
      const ok = unit.call.parse!(run % 3 === 0 ? 0 : 1, 32, MAX_BYTES) === 1;
      unit.call.configure!();
      unit.call.readNothing!();
      if (run % 3 !== 0) expect(ok).toBe(judge(octets).accepted);
      accepted += Number(ok);
    }
    expect(accepted).toBeGreaterThan(100);
  });

  test("many names take no more than n log n comparisons", () => {
    const names = Array.from({ length: 150_000 }, (_, i) => `"${(i * 7919) % 150_001}":0`).join(",");
    for (const [document, error] of [
      [`{${names}}`, ""],
      [`{${names},"7919":0}`, `$.7919: duplicate field (byte ${names.length + 2})`],
    ] as const) {
      unit.give(Buffer.from(document));
      const start = performance.now();
      unit.call.parse!(1, 32, 1 << 22);
      // Comparing each with each is 11,250,000,000 comparisons.
      expect(performance.now() - start).toBeLessThan(5000);
      expect(unit.text(unit.call.error!())).toBe(error);
    }
  });

  test("memory stays as it is over many documents", () => {
    const document = Buffer.from(
      JSON.stringify({ header: "x", rules: [{ id: 1, labels: { a: "b" }, weights: [1, 2] }] }),
    );
    const run = () => {
      unit.give(document);
      unit.call.parse!(0, 32, MAX_BYTES);
      expect(unit.text(unit.call.configure!())).toBe("x,hello,10,-1,0.5,false,1;1,a=b,1,2");
    };
    for (let i = 0; i < 2000; i++) run();
    const before = unit.memorySize();
    for (let i = 0; i < 20_000; i++) run();
    expect(unit.memorySize()).toBe(before);
  });
});

describe("numbers", () => {
  function expectDouble(text: string): void {
    const expected = Number(text);
    if (Number.isFinite(expected)) expect(read(text), text).toBe(dump(expected));
    else {
      read(text);
      expect(unit.text(unit.call.error!()), text).toMatch(/expected a number/);
    }
  }

  test.each([
    [
      "5e-324",
      "2.4703282292062327e-324",
      "2.4703282292062328e-324",
      "2.2250738585072011e-308",
      "2.2250738585072014e-308",
    ],
    [
      "1.7976931348623157e308",
      "1.7976931348623158e308",
      "1.7976931348623159e308",
      "1e309",
      "-1e400",
      "1e-400",
    ],
    [
      "9007199254740993",
      "9007199254740992.5",
      "9007199254740993.00000000000000000001",
      "1e23",
      "8.5e22",
      "1e22",
    ],
    [
      "0.1",
      "0.30000000000000004",
      "123456789012345678901234567890",
      "1e000000000000000000000005",
      "1e-99999999999",
    ],
    [
      `1${"0".repeat(400)}e-400`,
      `0.${"0".repeat(400)}1e401`,
      `1${"0".repeat(309)}`,
      `${"9".repeat(900)}e-890`,
      `9007199254740993.${"0".repeat(850)}1`,
    ],
  ])("are the nearest double: %s and its like", (...texts) => {
    texts.forEach(expectDouble);
  });

  test("are the nearest double, however they are written", () => {
    const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
    const literal = fc
      .tuple(
        fc.constantFrom("", "-"),
        digits(40),
        fc.option(digits(60)),
        fc.option(fc.integer({ min: -400, max: 400 })),
      )
      .map(([sign, whole, fraction, exponent]) => {
        const digits = whole.replace(/^0+(?=.)/, "");
        return `${sign}${digits}${fraction === null ? "" : `.${fraction}`}${exponent === null ? "" : `e${exponent}`}`;
      });
    fc.assert(fc.property(literal, expectDouble), { numRuns: 20_000 });
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (d) =>
        expectDouble(JSON.stringify(d)),
      ),
      {
        numRuns: 20_000,
      },
    );
  });

  test("that lie in the middle of two doubles go to the even one, and to the nearer one next to it", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 53n) - 1n }),
        fc.integer({ min: -1074, max: 900 }),
        (mantissa, exponent) => {
          // (mantissa + 1/2) × 2^exponent in decimal, exactly: halves are tenths of five.
          const twice = 2n * mantissa + 1n;
          const power = exponent - 1;
          const text =
            power >= 0 ? String(twice << BigInt(power)) : `${twice * 5n ** BigInt(-power)}e${power}`;
          expectDouble(text);
          const [digits, scale] = text.split("e");
          expectDouble(`${digits}1e${Number(scale ?? 0) - 1}`);
          expectDouble(`${BigInt(digits!) * 10n - 1n}e${Number(scale ?? 0) - 1}`);
        },
      ),
      { numRuns: 3000 },
    );
  });

  function integer(text: string, plain = 0): bigint | null {
    unit.give(Buffer.from(text));
    unit.call.parse!(plain, 32, MAX_BYTES);
    const value = (unit.call.integer as unknown as () => bigint)();
    return unit.text(unit.call.error!()) ? null : value;
  }

  test.each([
    ["0", 0n],
    ["-0", 0n],
    ["9223372036854775807", 9223372036854775807n],
    ["9223372036854775808", null],
    ["-9223372036854775808", -9223372036854775808n],
    ["-9223372036854775809", null],
    ["18446744073709551616", null],
    ["92233720368547758070", null],
    ["1.5", null],
    ["1.0", 1n],
    ["1.50e1", 15n],
    ["1e+15", 1000000000000000n],
    ["1.2345678901234568e+17", 123456789012345680n],
    ["100e-2", 1n],
    ["105e-2", null],
    ["1e-1", null],
    ["0e99999999999", 0n],
    ["1e99999999999", null],
    ["1e-99999999999", null],
    [`1${"0".repeat(1000)}e-1000`, 1n],
    [`0.${"0".repeat(1000)}1e1001`, 1n],
    [`"42"`, 42n],
    [`"-1e2"`, -100n],
    [`"\\u0031\\u0032"`, 12n],
    [`"1\\u003234"`, 1234n],
    [`"01"`, null],
    [`" 1"`, null],
    [`"1 "`, null],
    [`"1."`, null],
    [`""`, null],
    [`"-"`, null],
    ["true", null],
    ["null", null],
  ])("%s is the integer %s", (text, value) => {
    expect(integer(text)).toBe(value);
    // Only a configuration has numbers in quotes.
    expect(integer(text, 1)).toBe(text.startsWith('"') ? null : value);
  });

  test("are integers whenever their value is one of 64 bits", () => {
    const written = fc.tuple(fc.bigInt({ min: -(1n << 66n), max: 1n << 66n }), fc.nat(30), fc.nat(30));
    fc.assert(
      fc.property(written, ([value, places, zeros]) => {
        const fits = BigInt.asIntN(64, value) === value;
        const negative = value < 0n;
        const digits = String(negative ? -value : value).padStart(places + 1, "0");
        const point = digits.length - places;
        const text = `${negative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}${"0".repeat(zeros + 1)}`;
        expect(integer(text.replace(/^(-?)0+(?=\d)/, "$1") + `e${places}`)).toBe(fits ? value : null);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("configurations", () => {
  test("every kind of field is read, in either spelling of its name", () => {
    const full = {
      header: "x",
      default_value: "v",
      maxSize: 7,
      offset: "-9007199254740993",
      ratio: 0.25,
      is_on: true,
      action: "ALLOW",
      rules: [
        { id: 1, match: { prefix: "/a" }, labels: { some_name: "1", someName: "2" }, weights: [1, -2] },
        { id: 2e3 },
      ],
    };
    const read = "x,v,7,-9007199254740993,0.25,true,0;1,/a,some_name=1,someName=2,1,-2;2000";
    expect(configure(full)).toBe(read);
    const { default_value, is_on, ...rest } = full;
    expect(configure({ ...rest, defaultValue: default_value, isOn: is_on })).toBe(read);
  });

  test("a field that is asked about and then read is named once", () => {
    expect(configure({ header: "x", note: "y" })).toBe("x,hello,10,-1,0.5,false,1,y");
    expect(configure({ header: "x", note: "y", z: 0 })).toContain("action, note, rules");
  });

  test("fields that are absent or null have their defaults", () => {
    const read = "x,hello,10,-1,0.5,false,1";
    expect(configure({ header: "x" })).toBe(read);
    const nulls = {
      default_value: null,
      max_size: null,
      offset: null,
      ratio: null,
      isOn: null,
      action: null,
      rules: null,
    };
    expect(configure({ header: "x", ...nulls })).toBe(read);
  });

  test("no configuration at all reads as an empty one", () => {
    expect(configure("")).toBe("!$.header: missing (byte 0)");
  });

  test.each([
    [{}, "$.header: missing (byte 0)"],
    [{ header: null }, "$.header: missing (byte 0)"],
    [[], "$: expected an object (byte 0)"],
    ["1", "$: expected an object (byte 0)"],
    [{ header: 1 }, "$.header: expected a string (byte 10)"],
    [{ header: "x", max_size: 0 }, "$.max_size: expected an integer from 1 to 100 (byte 25)"],
    [{ header: "x", maxSize: 101 }, "$.maxSize: expected an integer from 1 to 100 (byte 24)"],
    [{ header: "x", max_size: 1.5 }, "$.max_size: expected an integer from 1 to 100 (byte 25)"],
    [{ header: "x", max_size: -1 }, "$.max_size: expected an integer from 1 to 100 (byte 25)"],
    [{ header: "x", max_size: true }, "$.max_size: expected an integer from 1 to 100 (byte 25)"],
    [{ header: "x", offset: "1.5" }, "$.offset: expected a 64-bit integer (byte 23)"],
    [{ header: "x", ratio: "half" }, "$.ratio: expected a number (byte 22)"],
    ['{"header":"x","ratio":1e999}', "$.ratio: expected a number (byte 22)"],
    [{ header: "x", is_on: "true" }, "$.is_on: expected true or false (byte 22)"],
    [{ header: "x", is_on: 1 }, "$.is_on: expected true or false (byte 22)"],
    [{ header: "x", action: "allow" }, "$.action: expected one of ALLOW, DENY (byte 23)"],
    [{ header: "x", action: 0 }, "$.action: expected one of ALLOW, DENY (byte 23)"],
    [{ header: "x", rules: {} }, "$.rules: expected an array (byte 22)"],
    [{ header: "x", rules: [null] }, "$.rules[0]: expected an object (byte 23)"],
    [{ header: "x", rules: [{ id: 1 }, {}] }, "$.rules[1].id: missing (byte 32)"],
    [{ header: "x", rules: [{ id: 1, match: {} }] }, "$.rules[0].match.prefix: missing (byte 39)"],
    [{ header: "x", rules: [{ id: 1, match: [] }] }, "$.rules[0].match: expected an object (byte 39)"],
    [
      { header: "x", rules: [{ id: 1, labels: { a: "b", c: 1 } }] },
      "$.rules[0].labels.c: expected a string (byte 53)",
    ],
    [
      { header: "x", rules: [{ id: 1, weights: [1, "2", "x"] }] },
      "$.rules[0].weights[2]: expected a 64-bit integer (byte 48)",
    ],
    [{ header: "x", heder: "y" }, `$.heder: unknown field; expected one of ${FIELDS} (byte 14)`],
    [{ header: "x", Header: "y" }, `$.Header: unknown field; expected one of ${FIELDS} (byte 14)`],
    [{ header: "x", defaultvalue: "" }, `$.defaultvalue: unknown field; expected one of ${FIELDS} (byte 14)`],
    [
      { header: "x", rules: [{ id: 1, weight: 2 }] },
      "$.rules[0].weight: unknown field; expected one of id, match, labels, weights (byte 31)",
    ],
    [
      { header: "x", rules: [{ id: 1, match: { prefix: "", suffix: "" } }] },
      "$.rules[0].match.suffix: unknown field; expected one of prefix (byte 52)",
    ],
    [{ header: "x", max_size: 7, maxSize: 7 }, "$.maxSize: duplicate field (byte 27)"],
    [{ header: "x", maxSize: 7, max_size: null }, "$.max_size: duplicate field (byte 26)"],
    ['{"header":"x","rules":[{"id":1,}]}', "$.rules[0]: expected a field name (byte 31)"],
  ])("%j is refused", (document, error) => {
    expect(configure(document)).toBe(`!${error}`);
  });

  test("a list is read in any order, and outlives a field that is missing", () => {
    unit.give(Buffer.from('{"list":["a","b"]}'));
    unit.call.parse!(0, 32, MAX_BYTES);
    expect(unit.text(unit.call.readList!())).toBe("2ba,2b,2b");
    expect(unit.text(unit.call.error!())).toBe("$.absent: missing (byte 0)");
    // What a peer has sent is not searched for misspelled names.
    unit.call.parse!(1, 32, MAX_BYTES);
    expect(unit.text(unit.call.readList!())).toBe("2ba,0,0");
  });

  test("after an error every getter answers its default", () => {
    for (const document of ["", "{", "[]", '{"s":1}', '{"list":{}}', '{"o":{}}', "null"]) {
      unit.give(Buffer.from(document));
      unit.call.parse!(1, 32, MAX_BYTES);
      expect(unit.text(unit.call.readNothing!())).toBe("absent000.0false0false000false00truetrue0false");
    }
  });
});
