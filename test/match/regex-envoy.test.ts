import { afterAll, beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import { inParallel, Oracle } from "./oracle.js";

// Expressions whose meaning is easily got wrong, each against texts that tell the readings apart. Stock Envoy says what is
// right: as the `safe_regex` of a header matcher.

/** Octets as the characters of Latin-1: header values have no line breaks, zeros, and blanks at their ends. */
const CASES: readonly (readonly [pattern: string, ...texts: string[]])[] = [
  ["abc", "abc", "ab", "abcd", "xabc", "ABC"],
  ["a|ab", "a", "ab", "abc", "b"],
  ["(a|ab)(c|bcd)", "abcd", "ac", "abc", "abbcd"],
  ["|a", "a", "b"],
  ["a||b", "a", "b", "ab"],
  ["()", "a"],
  ["(|a)*", "aaa", "b"],
  ["(|a)+b", "aab", "b"],
  ["(a*)*", "aaa", "ab"],
  ["(a*)+b", "aaab", "b", "a"],
  ["(a?)(a?)(a?)aaa", "aaa", "aaaa", "aaaaaa", "aaaaaaa", "aa"],
  ["^abc$", "abc", "xabc"],
  ["a^b", "ab", "a^b"],
  ["a$b", "ab"],
  ["(^a|b$)+", "a", "b", "ab", "ba"],
  ["^*a", "a"],
  ["$*", "a"],
  ["\\Aabc\\z", "abc"],
  ["(?m)^a$", "a"],
  ["\\bfoo\\b", "foo"],
  ["foo\\b.*", "foo bar", "foobar", "foo"],
  ["foo\\B.*", "foo bar", "foobar", "foo"],
  [".*\\b\\xe9.*", "a\u00e9", "a \u00e9", "\u00e9"],
  [".*\\Bx", "ax", "x", ".x"],
  ["\\b*x", "x"],
  ["(\\b|a)+x", "aax", "x", "ax"],
  [".", "a", "\u00e9", "\u00c3\u00a9", "\u00ff", "\u0080"],
  ["..", "\u00c3\u00a9", "ab", "a"],
  ["\u00c3\u00a9", "\u00c3\u00a9", "\u00e9"],
  ["\\xe9", "\u00e9", "\u00c3\u00a9"],
  ["\\x{e9}", "\u00e9"],
  ["[^a]", "\u00ff", "a", "\u00c3\u00a9"],
  ["[\u00c3\u00a9]", "\u00c3", "\u00a9", "\u00c3\u00a9"],
  ["[\\x80-\\xff]+", "\u00c3\u00a9\u00ff\u0080", "a"],
  ["\\C", "\u00ff", "ab"],
  ["\\w+", "aZ09_", "\u00e9", "-"],
  ["\\W", "\u00e9", "-", "a"],
  ["\\s", "a"],
  ["a\\sb", "a b", "a\tb", "a\u00a0b"],
  ["a\\Sb", "a b", "axb", "a\u00a0b"],
  ["\\d+", "0123456789", "a"],
  ["\\D+", "abc", "a1"],
  ["[\\d-z]", "5", "-", "z", "a"],
  ["[\\W]", "a", "-"],
  ["[^\\w]", "a", "-", "\u00e9"],
  ["[^\\W]", "a", "-", "\u00e9"],
  ["[[:alpha:]]+", "azAZ", "1", "\u00e9"],
  ["[[:^alpha:]]", "a", "1", "\u00e9"],
  ["[[:word:]]", "_", "-"],
  ["[[:punct:]]+", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "a"],
  ["[[:space:][:digit:]]", "1", "a"],
  ["[[:xdigit:]]+", "09afAF", "g"],
  ["[[:print:]]", "\u00e9", "a"],
  ["[[:ascii:]]", "\u00e9", "a"],
  ["[[:graph:]]", "~", "\u00a0"],
  ["[]a]", "]", "a", "b"],
  ["[^]a]", "]", "a", "b"],
  ["[a-b-c]", "a", "-", "c", "b"],
  ["[--a]", "-", "a", "5", "b"],
  ["[a-]", "-", "a"],
  ["[-a]", "-", "a"],
  ["[[.a.]]", "a]", ".]", "[]", "a"],
  ["[[=a=]]", "a]", "=]"],
  ["[a&&b]", "&", "a", "b"],
  ["[.*+?(){}|^$]", ".", "*", "^", "$", "a"],
  ["[\\]\\\\\\-]", "]", "\\", "-", "a"],
  ["[\\x41-\\x43]", "B", "D"],
  ["[\\101-\\103]", "B", "D"],
  ["x[\\0-\\x20]a", "x a", "x!a"],
  ["\\101", "A"],
  ["\\12a", "a"],
  ["\\_\\-\\.\\/", "_-./"],
  ["\\Qa.b*\\E+", "a.b*", "a.b***", "axb*"],
  ["\\Qa.b", "a.b", "axb"],
  ["\\Qa\\\\b\\E", "a\\\\b", "a\\b"],
  ["\\Q\\E", "a"],
  ["x\\Q\\E*", "xxx", "y"],
  ["a{2}", "aa", "a", "aaa", "a{2}"],
  ["a{2,}", "a", "aa", "aaaa"],
  ["a{1,3}", "a", "aaa", "aaaa"],
  ["a{0}b", "b", "ab"],
  ["a{0,0}b", "b", "ab"],
  ["a{0,2}b", "b", "aab", "aaab"],
  ["(ab){2}", "abab", "ab"],
  ["(a|b){2,3}c", "abc", "aabc", "ac", "ababc"],
  ["(a{2}){3}", "aaaaaa", "aaaaa"],
  ["((a{2})?b){2}", "aabb", "baab", "bb", "aab"],
  ["a{,5}", "a{,5}", "aaa"],
  ["a{01}", "a{01}", "a"],
  ["a{", "a{"],
  ["a{1", "a{1"],
  ["a{1,", "a{1,"],
  ["a{x}", "a{x}"],
  ["{", "{"],
  ["a}", "a}"],
  ["]", "]"],
  ["a{100000000000}", "a{100000000000}"],
  ["a*?b", "aab"],
  ["a+?", "aaa"],
  ["a??b", "b", "ab"],
  ["a{2}?b", "aab", "aaab"],
  ["(?U)a+", "aaa"],
  ["(?i)aBc", "AbC", "abd"],
  ["(?i)[a-c]+", "ABC", "d"],
  ["(?i)[^a-c]", "B", "d"],
  ["(?i)\\xe9", "\u00e9", "\u00c9"],
  ["(?i)[\\xe0-\\xfe]+", "\u00c0\u00de\u00e5", "\u00d7", "\u00f7"],
  ["(?i)\\xd7", "\u00d7", "\u00f7"],
  ["(?i)\\xff", "\u00ff", "\u00df", "y"],
  ["(?i)\\xb5", "\u00b5"],
  ["(?i)k", "K", "k"],
  ["(?i)\\Qab\\E", "AB"],
  ["(?i)\\x41", "a"],
  ["(?i)\\W", "a", "-"],
  ["a(?i)b", "aB", "AB"],
  ["(a(?i)b)c", "aBc", "aBC", "ABc"],
  ["(?i:a)b", "Ab", "AB"],
  ["(?i)a(?-i)b", "Ab", "AB"],
  ["(?i)a|b(?-i)c|d", "A", "BC", "Bc", "D", "d"],
  ["a(?i)|b", "B", "A", "a"],
  ["(?i-s:a.)", "AX"],
  ["(?)a", "a"],
  ["(?s).", "a"],
  ["(?is)A.b", "axB"],
  ["(?P<n>a)(?P<n>b)", "ab"],
  ["(?<n>a)", "a"],
  ["(?:a|b)c", "ac", "c"],
  ["\\pL+", "az\u00e9\u00ff\u00aa\u00ba", "1", "\u00d7"],
  ["\\PL", "1", "a", "\u00d7"],
  ["\\p{Lu}", "A", "\u00c9", "a", "\u00d7"],
  ["\\p{Ll}", "a", "\u00b5", "\u00df", "\u00aa", "\u00ff"],
  ["\\p{Lo}", "\u00aa", "\u00ba", "a"],
  ["\\p{^Lu}", "A", "a"],
  ["\\P{^Lu}", "A", "a"],
  ["\\pN", "1", "\u00b2", "\u00bc", "a"],
  ["\\p{Nd}", "1", "\u00b2"],
  ["[\\pN\\pP]+", "1!\u00a7\u00bf", "a", "$"],
  ["\\p{Sc}+", "$\u00a2\u00a5", "\u00a6"],
  ["\\p{Any}", "\u00ff", "a"],
  ["\\p{Latin}", "a", "\u00e9", "1"],
  ["\\p{Common}", "1", "\u00d7", "a", "\u00b5"],
  ["\\p{Lm}|x", "x", "\u00aa"],
  ["\\pM|x", "x", "a"],
  ["\\p{Cf}", "\u00ad", "a"],
  ["\\p{Pd}", "-", "\u00ad"],
  ["(?i)\\p{Lu}", "a", "A", "1"],
  ["(?i)[[:upper:]]", "a", "A", "1"],
  ["[^\\x00-\\xff]|x", "x", "y"],
  [
    "/api/v[0-9]+/(users|groups)/[^/]+(/.*)?",
    "/api/v1/users/ada",
    "/api/v12/groups/x/y/z",
    "/api/v/users/a",
    "/api/v1/users/",
  ],
  ["spiffe://.*/ns/(foo|bar)/.*", "spiffe://td/ns/foo/sa/x", "spiffe://td/ns/fooo/sa/x"],
  ["(.*\\.)?example\\.com", "example.com", "www.example.com", "wwwexample.com", "example.com."],
  [".+", "a", "ab"],
  ["(?:a?){20}a{20}", "a".repeat(20), "a".repeat(40), "a".repeat(19), "a".repeat(41)],
  ["(x+x+)+y", "xxxy", "xxx", "xy"],
];

const QUESTIONS = CASES.flatMap(([, ...texts], index) => ["", ...texts].map((text) => ({ index, text })));

let unit: Unit;
let oracle: Oracle;

beforeAll(async () => {
  unit = await loadUnit("regex");
  oracle = await Oracle.start({
    permissions: CASES.map(([regex]) => ({ header: { name: "x", string_match: { safe_regex: { regex } } } })),
  });
});

afterAll(() => oracle?.stop());

test(`expressions mean what they mean to stock Envoy, in ${QUESTIONS.length} texts`, async () => {
  // A configuration is text, so its octets above 0x7f come in pairs; Envoy reads each of them as a character.
  const indexes = CASES.map(([pattern]) => {
    unit.give(Buffer.from(pattern));
    const index = unit.call.compile!();
    expect(index, `${pattern}: ${index < 0 ? unit.text(unit.call.problem!()) : ""}`).toBeGreaterThanOrEqual(
      0,
    );
    return index;
  });
  const answers = await inParallel(QUESTIONS, ({ index, text }) =>
    oracle.permission(index, { headers: [["x", text]] }),
  );
  const differences = QUESTIONS.flatMap(({ index, text }, i) => {
    unit.give(Buffer.from(text, "latin1"));
    const ours = unit.call.matches!(indexes[index]!) === 1;
    return ours === answers[i]
      ? []
      : [`${CASES[index]![0]} on ${JSON.stringify(text)}: Envoy says ${answers[i]}`];
  });
  expect(differences).toEqual([]);
  expect(answers.filter((answer) => answer).length).toBeGreaterThan(150);
});

test("every octet is in the classes that stock Envoy has it in", async () => {
  const classes = [
    ..."L M N P S Z C".split(" "),
    ..."Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cs Latin Common Any".split(
      " ",
    ),
  ].map((name) => `\\p{${name}}`);
  const patterns = [
    ...classes,
    "\\w",
    "\\s",
    "(?i)[\\xc0-\\xdf]",
    "(?i)[^\\xe0-\\xff]",
    "(?i)\\p{Lu}",
    "(?i)\\P{Lu}",
  ];
  const octets = Array.from({ length: 256 }, (_, i) => i).filter((i) => i >= 0x21 && i !== 0x7f);
  const all = await Oracle.start({
    permissions: patterns.map((regex) => ({
      header: { name: "x", string_match: { safe_regex: { regex } } },
    })),
  });
  try {
    const questions = patterns.flatMap((pattern, index) =>
      octets.map((octet) => ({ pattern, index, octet })),
    );
    const answers = await inParallel(questions, ({ index, octet }) =>
      all.permission(index, { headers: [["x", String.fromCharCode(octet)]] }),
    );
    const ours = questions.map(({ pattern, octet }) => {
      unit.give(Buffer.from(pattern));
      const index = unit.call.compile!();
      if (index < 0) return `${pattern}: ${unit.text(unit.call.problem!())}`;
      unit.give(Uint8Array.of(octet));
      return unit.call.matches!(index) === 1;
    });
    const differences = questions.flatMap(({ pattern, octet }, i) =>
      ours[i] === answers[i]
        ? []
        : [`${pattern} on ${octet.toString(16)}: Envoy ${answers[i]}, ours ${ours[i]}`],
    );
    expect(differences).toEqual([]);
  } finally {
    await all.stop();
  }
});
