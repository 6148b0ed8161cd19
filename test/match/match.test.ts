import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Matchers } from "./matchers.js";

// What matchers say is compared with stock Envoy elsewhere; here is what Envoy cannot be asked, and that nothing traps.

let matchers: Matchers;
beforeAll(async () => {
  matchers = await Matchers.load();
});

describe("a header matcher", () => {
  const ADMIN = { name: "x", string_match: { exact: "admin" } };
  const NOT_ADMIN = { ...ADMIN, invert_match: true };

  test.each([
    ["of a value", ADMIN, [], false, false, false],
    ["of a value", ADMIN, ["admin"], true, true, true],
    ["of a value", ADMIN, ["user"], false, false, false],
    ["of a value", ADMIN, ["admin", "user"], true, true, false],
    ["of a value", ADMIN, ["user", "admin"], true, true, false],
    ["of a value", ADMIN, ["admin", "admin"], true, true, true],
    ["of another value", NOT_ADMIN, [], false, false, false],
    ["of another value", NOT_ADMIN, ["admin"], false, false, false],
    ["of another value", NOT_ADMIN, ["user"], true, true, true],
    ["of another value", NOT_ADMIN, ["admin", "user"], false, true, false],
    ["of another value", NOT_ADMIN, ["user", "other"], true, true, true],
    ["of presence", { name: "x" }, ["a", "b"], true, true, true],
    ["of absence", { name: "x", present_match: false }, [], true, true, true],
    ["of a missing header", { ...NOT_ADMIN, treat_missing_header_as_empty: true }, [], true, true, true],
  ] as const)("%s %j on %j", (_, matcher, values, envoy, some, every) => {
    const index = matchers.read("readHeader", matcher);
    matchers.giveHeaders(["y", "admin"], ...values.map((value) => ["x", value] as const), ["xx", "admin"]);
    const bits = matchers.unit.call.headerMatches!(index);
    expect([bits & 1, (bits >> 1) & 1, bits >> 2].map(Boolean)).toEqual([envoy, some, every]);
  });

  test("finds its header among more than a table holds at first", () => {
    const index = matchers.read("readHeader", { name: "x", string_match: { exact: "1" } });
    const many = Array.from({ length: 500 }, (_, i) => [`h${i}`, String(i)] as const);
    matchers.giveHeaders(...many, ["x", "1"]);
    expect(matchers.unit.call.headerMatches!(index)).toBe(7);
    matchers.giveHeaders(...many);
    expect(matchers.unit.call.headerMatches!(index)).toBe(0);
  });
});

test("a table takes the headers of a host as they come", () => {
  const index = matchers.read("readHeader", { name: "x", string_match: { exact: "1" } });
  const block = (...headers: readonly (readonly [string, string])[]) => {
    const sizes = headers.flatMap(([name, value]) => [name.length, value.length]);
    const numbers = Buffer.alloc(4 * (1 + sizes.length));
    [headers.length, ...sizes].forEach((number, i) => numbers.writeUInt32LE(number, 4 * i));
    return Buffer.concat([
      numbers,
      Buffer.from(
        headers
          .flat()
          .map((text) => `${text}\0`)
          .join(""),
      ),
    ]);
  };
  const give = (octets: Uint8Array) => {
    matchers.unit.give(octets);
    return [matchers.unit.call.givePairs!(), matchers.unit.call.headerMatches!(index)];
  };
  expect(give(block([":path", "/"], ["", ""], ["x", "1"], ["xx", "2"]))).toEqual([4, 7]);
  expect(give(block(["x", "2"], ["x", "1"]))).toEqual([2, 3]);
  expect(give(block())).toEqual([0, 0]);
  expect(give(Buffer.alloc(0))).toEqual([0, 0]);
  // A block that breaks off is read as far as it goes.
  expect(give(block([":path", "/"], ["x", "1"]).subarray(0, -2))).toEqual([1, 0]);
});

test("a list of string matchers matches what one of them does", () => {
  const index = matchers.read("readList", { patterns: [{ exact: "a" }, { prefix: "b" }] });
  expect(["a", "bc", "c", ""].map((text) => matchers.says("listMatches", index, text))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(matchers.error("readList", { patterns: [] })).toContain("$.patterns: must not be empty");
});

test("contains finds its text wherever it is", () => {
  const alphabet = fc.string({ unit: fc.constantFrom("a", "b", "A"), maxLength: 12 });
  const needle = fc.string({ unit: fc.constantFrom("a", "b", "A"), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(alphabet, needle, (text, contains) => {
      expect(matchers.says("stringMatches", matchers.read("readString", { contains }), text)).toBe(
        text.includes(contains),
      );
      const folded = matchers.read("readString", { contains, ignore_case: true });
      expect(matchers.says("stringMatches", folded, text)).toBe(
        text.toLowerCase().includes(contains.toLowerCase()),
      );
    }),
    { numRuns: 2000 },
  );
});

test("an integer range holds what it says, of texts that are integers", () => {
  const inRange = matchers.unit.call.integerInRange as unknown as (start: bigint, end: bigint) => number;
  const bounds = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
  const near = fc.bigInt({ min: -3n, max: 3n });
  fc.assert(
    fc.property(bounds, bounds, near, fc.boolean(), (start, end, offset, atEnd) => {
      const value = (atEnd ? end : start) + offset;
      matchers.unit.give(Buffer.from(` ${value}\t`));
      const fits = BigInt.asIntN(64, value) === value;
      expect(inRange(start, end)).toBe(Number(fits && value >= start && value < end));
    }),
    { numRuns: 5000 },
  );
});

describe("values of metadata", () => {
  const [ABSENT, NULL, NUMBER, STRING, BOOL, LIST, STRUCT] = [0, 1, 2, 3, 4, 5, 6] as const;
  const given = {
    absent: [ABSENT],
    null: [NULL],
    one: [NUMBER, 1],
    ten: [NUMBER, 10],
    true: [BOOL, 1],
    false: [BOOL, 0],
  };
  const values: Readonly<Record<string, readonly (string | number)[]>> = {
    ...given,
    text: [STRING, 0, "abc"],
    struct: [STRUCT],
    empty: [LIST],
  };

  function matching(value: object): string {
    const index = matchers.read("readMetadata", { filter: "f", path: [{ key: "a" }, { key: "b" }], value });
    expect(matchers.unit.text(matchers.unit.call.metadataPath!(index))).toBe("f|a|b");
    const found = Object.entries(values).filter(([, [kind, number, text]]) => {
      matchers.unit.give(Buffer.from(String(text ?? "")));
      matchers.unit.call.giveValue!(Number(kind), Number(number ?? 0), 0);
      return matchers.unit.call.metadataMatches!(index) === 1;
    });
    return found.map(([name]) => name).join(" ");
  }

  test.each([
    [{ null_match: {} }, "null"],
    [{ double_match: { exact: 1 } }, "one"],
    [{ double_match: { range: { start: 1, end: 10 } } }, "one"],
    [{ string_match: { prefix: "a" } }, "text"],
    [{ bool_match: false }, "false"],
    [{ present_match: true }, "null one ten true false text struct empty"],
    [{ present_match: false }, ""],
    [{ or_match: { value_matchers: [{ bool_match: true }, { null_match: {} }] } }, "null true"],
    [{ list_match: { one_of: { present_match: true } } }, ""],
  ])("%j matches %s", (value, names) => {
    expect(matching(value)).toBe(names);
  });

  test("a list matches when an element does", () => {
    const index = matchers.read("readMetadata", {
      filter: "f",
      path: [{ key: "a" }],
      value: { list_match: { one_of: { string_match: { exact: "b" } } } },
    });
    const give = (...elements: string[]) => {
      matchers.unit.give(Buffer.alloc(0));
      matchers.unit.call.giveValue!(LIST, 0, 0);
      for (const element of elements) {
        matchers.unit.give(Buffer.from(element));
        matchers.unit.call.giveValue!(STRING, 0, 1);
      }
      return matchers.unit.call.metadataMatches!(index);
    };
    expect([give(), give("a"), give("a", "b"), give("a", "c")]).toEqual([0, 0, 1, 0]);
  });

  test("invert turns the answer around, also where there is nothing", () => {
    const index = matchers.read("readMetadata", {
      filter: "f",
      path: [{ key: "a" }],
      value: { bool_match: true },
      invert: true,
    });
    matchers.unit.give(Buffer.alloc(0));
    const answers = [ABSENT, BOOL].map((kind) => {
      matchers.unit.call.giveValue!(kind, 1, 0);
      return matchers.unit.call.metadataMatches!(index);
    });
    expect(answers).toEqual([1, 0]);
  });

  test.each([
    [{ filter: "", path: [{ key: "a" }], value: { bool_match: true } }, "$.filter: must not be empty"],
    [{ filter: "f", path: [], value: { bool_match: true } }, "$.path: must not be empty"],
    [{ filter: "f", path: [{ key: "" }], value: { bool_match: true } }, "$.path[0].key: must not be empty"],
    [{ filter: "f", path: [{ key: "a" }], value: {} }, "$.value: needs one of null_match"],
    [
      { filter: "f", path: [{ key: "a" }], value: { double_match: {} } },
      "$.value.double_match: needs one of range",
    ],
    [{ filter: "f", path: [{ key: "a" }], value: { list_match: {} } }, "$.value.list_match.one_of: missing"],
    [
      { filter: "f", path: [{ key: "a" }], value: { or_match: { value_matchers: [{ bool_match: true }] } } },
      "$.value.or_match.value_matchers: must have two matchers or more",
    ],
  ])("%j is refused", (message, problem) => {
    expect(matchers.error("readMetadata", message)).toContain(problem);
  });
});

describe("octets of whatever kind", () => {
  const octets = fc
    .uint8Array({ maxLength: 40 })
    .map((list) => Buffer.from(list.map((octet) => octet || 1)).toString("latin1"));
  const pathLike = fc.string({ unit: fc.constantFrom(..."/aA*b?#&=%.{}x"), maxLength: 30 });
  const text = fc.oneof(octets, pathLike);

  test("do not trap in a route match", () => {
    const routes = [
      { prefix: "/a", query_parameters: [{ name: "a", string_match: { safe_regex: { regex: "[ab]*" } } }] },
      {
        path_separated_prefix: "/a",
        case_sensitive: false,
        headers: [{ name: "x", range_match: { start: 0, end: 9 } }],
      },
      {
        safe_regex: { regex: ".*(a|b)*\\b.*" },
        headers: [{ name: "x", string_match: { contains: "ab", ignore_case: true } }],
      },
      {
        path_match_policy: {
          typed_config: {
            "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
            path_template: "/{x}/*/**",
          },
        },
      },
      { connect_matcher: {} },
    ].map((route) => matchers.read("readRoute", route));
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 4 }), (path, values) => {
        matchers.giveHeaders(
          [":method", "GET"],
          [":path", path],
          ...values.map((value) => ["x", value] as const),
        );
        for (const route of routes) matchers.unit.call.routeMatches!(route);
      }),
      { numRuns: 30_000 },
    );
  });

  test("do not trap as a template, an address or a configuration", () => {
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom(..."/a*{}=x."), maxLength: 16 }), (any, source) => {
        for (const path_template of [any, `/${source}`]) {
          matchers.unit.give(Buffer.from(JSON.stringify({ path_template })));
          const index = matchers.unit.call.readTemplate!();
          if (index >= 0) matchers.says("templateMatches", index, any);
          else expect(matchers.unit.text(matchers.unit.call.error!())).toContain("must ");
        }
        matchers.unit.give(Buffer.from(any, "latin1"));
        matchers.unit.call.readAddress!();
        for (const kind of ["readRoute", "readHeader", "readString", "readCidr", "readMetadata"])
          matchers.unit.call[kind]!();
      }),
      { numRuns: 20_000 },
    );
  });

  test("take no memory", () => {
    const route = matchers.read("readRoute", {
      safe_regex: { regex: "/api/v[0-9]+/.*" },
      headers: [
        { name: "x", string_match: { suffix: "z" } },
        { name: "x-role", present_match: true },
      ],
      query_parameters: [{ name: "q" }],
    });
    const headers = Array.from({ length: 20 }, (_, i) => [`x-header-${i}`, "some value"] as const);
    matchers.giveHeaders(
      [":method", "GET"],
      [":path", "/api/v1/users?a=b&q=1"],
      ...headers,
      ["x", "xyz"],
      ["x-role", "a"],
    );
    matchers.unit.call.routeMatchesTimes!(route, 1000);
    const before = matchers.unit.memorySize();
    const start = performance.now();
    expect(matchers.unit.call.routeMatchesTimes!(route, 1_000_000)).toBe(1_000_000);
    if (process.env.NS) console.log("ns per match", performance.now() - start);
    expect(matchers.unit.memorySize()).toBe(before);
  });
});
