// The parts of conditions that take what peers send, each by itself.
import fc from "fast-check";
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import { PATHS } from "./conditions-paths.js";

fc.configureGlobal({ seed: Number(process.env.TREMULA_SEED ?? 1) });

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("rbac-parts");
});

function ask(name: string, octets: string | Uint8Array, ...args: number[]): number {
  unit.give(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets);
  return unit.call[name]!(...args);
}

describe("the literal prefix of an expression", () => {
  test.each([
    ["spiffe://.*/ns/a/.*", "spiffe://"],
    ["/admin/.+", "/admin/"],
    ["/admin", "=/admin"],
    ["^/admin", "=/admin"],
    ["a\\.b\\.c", "=a.b.c"],
    ["abc?", "ab"],
    ["abc{2}", "ab"],
    ["a|b", ""],
    ["abc(d|e)", ""],
    ["(?i)abc", ""],
    ["\\d+", ""],
    ["ab\\d", "ab"],
    ["ab$", "ab"],
    ["", ""],
  ])("%s", (expression, prefix) => {
    expect(unit.text(ask("literalPrefix", expression))).toBe(prefix);
  });

  test("is one of every text that the expression matches", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "/",
      ".",
      "\\.",
      "[ab]",
      "a?",
      "b*",
      "(a)",
      "a+",
      "|",
      "^",
      "b{0,2}",
    );
    const expressions = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
    const texts = fc
      .array(fc.constantFrom("a", "b", "/", "."), { maxLength: 5 })
      .map((letters) => letters.join(""));
    let matched = 0;
    fc.assert(
      fc.property(expressions, texts, (expression, text) => {
        if (!new RegExp(`^(?:${expression})$`).test(text)) return;
        matched++;
        const prefix = unit.text(ask("literalPrefix", expression));
        if (prefix.startsWith("=")) expect(text).toBe(prefix.slice(1));
        else expect(text.startsWith(prefix)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
    expect(matched).toBeGreaterThan(100);
  });
});

test.each(PATHS)("the path %s is normalized as in Envoy", (path, base, merged, decoded) => {
  const normalized = [1, 2, 3].map((kind) => unit.text(ask("normalize", path, kind)));
  expect(normalized).toEqual([base, merged, decoded]);
});

test("no path traps, and a normalized one stays as it is", () => {
  const letters = fc.constantFrom(
    "/",
    ".",
    "..",
    "%",
    "%2",
    "%2e",
    "%2f",
    "%5c",
    "\\",
    "a",
    ";",
    "\0",
    "é",
    "%zz",
  );
  const paths = fc.array(letters, { maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(paths, fc.integer({ min: 1, max: 2 }), (path, kind) => {
      const once = unit.text(ask("normalize", path, kind));
      // `%2%65` is decoded once only, and dots with parameters are looked for in the path as it came.
      if (/%2(%|$)|(%2e|\\|%5c)[^/]*;/.test(path)) return;
      expect(unit.text(ask("normalize", once, kind))).toBe(once);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["/a/b", false],
  ["/a.b/..c/d../...", false],
  ["/%20/%41", false],
  ["/a%2", false],
  ["/a%", false],
  ["", false],
  ["/a;b", true],
  ["/a%3bb", true],
  ["/a%2Fb", true],
  ["/a%5cb", true],
  ["/a\\b", true],
  ["/.", true],
  ["/..", true],
  ["/a/../b", true],
  ["/a/%2e/b", true],
  ["/a/.%2E", true],
  ["/a%00", true],
  ["/a\0", true],
  ["/a%252fb", true],
  ["/%252E%252e/a", true],
  ["/a%25255cb", true],
  ["/a%253b", true],
  ["/a%2500", true],
  ["/100%25", false],
  ["/100%25/a", false],
  ["/a%252", false],
  ["/a%2520b", false],
  ["/a%25252", false],
  ["/a%c0%afb", true],
  ["/%C1%9c", true],
  ["/a%e0%80%ae", true],
  ["/a%f0%80%80%ae", true],
  ["/%c3%a9%e0%a4%85%e2%82%ac%f0%9f%98%80", false],
  ["/%e0/%80", false],
])("whether %j is ambiguous", (path, expected) => {
  expect(ask("ambiguous", path)).toBe(Number(expected));
});

test.each([
  ["a.com", 0],
  ["a.com:80", 3],
  ["a.com:", 0],
  [":80", 0],
  ["80", 0],
  ["", 0],
  ["::1", 0],
  ["fe80::1:80", 0],
  ["[::1]", 0],
  ["[::1]:8443", 5],
  ["a:b:80", 0],
])("the port of the host %j has %i octets", (host, length) => {
  expect(ask("port", host)).toBe(length);
});

test.each([
  ["a.com", "a.com"],
  ["a.com:80", "a.com"],
  ["a.com:", "a.com"],
  ["a.com:x@y", "a.com"],
  ["a.com:8:", "a.com:8"],
  [":80", ""],
  ["", ""],
  ["[::1]", "[::1]"],
  ["[::1]:8443", "[::1]"],
  ["[::1]:x", "[::1]"],
])("the host %j is routed as %j", (host, routed) => {
  expect(host.slice(0, ask("routed", host))).toBe(routed);
});

describe("the names in a certificate", () => {
  const NAMES =
    "URI:spiffe://a/ns/b/sa/c,DNS:a.example,email:x@a.example,URI:https://d/,IP:10.0.0.1,DNS:*.b.example";
  let pem: string;
  beforeAll(() => {
    pem = execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-keyout", "-", "-subj", "/CN=a", "-addext", `subjectAltName=${NAMES}`],
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    ).toString();
    pem = pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"));
  });
  const EXPECTED = "URI spiffe://a/ns/b/sa/c\nURI https://d/\nDNS a.example\nDNS *.b.example\n";

  test("are read from PEM as Envoy shows it", () => {
    expect(unit.text(ask("names", encodeURIComponent(pem)))).toBe(EXPECTED);
    expect(unit.text(ask("names", pem))).toBe(EXPECTED);
    expect(unit.text(ask("names", ""))).toBe("");
    expect(unit.text(ask("names", "-----BEGIN CERTIFICATE-----"))).toBe("");
  });

  test("no damaged certificate traps", () => {
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    expect(unit.text(ask("derNames", der))).toBe(EXPECTED);
    for (let size = 0; size < der.length; size++) ask("derNames", der.subarray(0, size));
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 }), (at, octet) => {
        const damaged = Buffer.from(der);
        damaged[at] = octet;
        ask("derNames", damaged);
      }),
      { numRuns: 2_000 },
    );
  });
});
