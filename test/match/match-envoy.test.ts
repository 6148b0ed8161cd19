import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Matchers } from "./matchers.js";
import { type Header, inParallel, type Message, Oracle, type Question } from "./oracle.js";

// Every matcher of a group is asked every question of the group, here and on stock Envoy with its native filters.

const TEMPLATE = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

function header(message: Message): Message {
  return { prefix: "/", headers: [{ name: "x", ...message }] };
}

function parameter(message: Message): Message {
  return { prefix: "/", query_parameters: [{ name: "a", ...message }] };
}

function template(path_template: string): Message {
  return { path_match_policy: { name: "template", typed_config: { "@type": TEMPLATE, path_template } } };
}

function paths(...list: string[]): Question[] {
  return list.map((path) => ({ path }));
}

function values(...lists: string[][]): Question[] {
  return lists.map((list) => ({ headers: list.map((value): Header => ["x", value]) }));
}

interface Group {
  readonly routes: readonly Message[];
  readonly questions: readonly Question[];
}

const FORMS: readonly Message[] = [
  { string_match: { exact: "a" } },
  { string_match: { exact: "" } },
  { string_match: { prefix: "a" } },
  { string_match: { suffix: "a" } },
  { string_match: { contains: "b" } },
  { string_match: { safe_regex: { regex: "a.*" } } },
  { string_match: { safe_regex: { regex: "a?" } } },
  { exact_match: "a" },
  { exact_match: "" },
  { prefix_match: "a" },
  { suffix_match: "a" },
  { contains_match: "b" },
  { safe_regex_match: { regex: "a.*" } },
  { range_match: { start: 1, end: 10 } },
  { range_match: { start: 0, end: 10 } },
  { range_match: { start: 10, end: 0 } },
  { range_match: { start: "-9223372036854775808", end: "9223372036854775807" } },
  { range_match: {} },
  { present_match: true },
  { present_match: false },
  {},
];

const GROUPS: Readonly<Record<string, Group>> = {
  headers: {
    routes: [false, true].flatMap((invert_match) =>
      [false, true].flatMap((treat_missing_header_as_empty) =>
        FORMS.map((form) => header({ ...form, invert_match, treat_missing_header_as_empty })),
      ),
    ),
    questions: values(
      [],
      [""],
      ["a"],
      ["b"],
      ["a", "b"],
      ["b", "a"],
      ["a", "a"],
      ["", "a"],
      ["a,b"],
      ["a b"],
      ["5"],
      ["0"],
      ["10"],
      ["+5"],
      ["-3"],
      ["05"],
      ["5x"],
      ["5.0"],
      ["0x5"],
      ["- 5"],
      ["+-5"],
      ["+"],
      ["5", "50"],
      ["9223372036854775806"],
      ["9223372036854775807"],
      ["9223372036854775808"],
      ["-9223372036854775808"],
      ["-9223372036854775809"],
      ["18446744073709551621"],
      ["00000000000000000000000000000005"],
    ),
  },
  strings: {
    routes: [
      ...["exact", "prefix", "suffix", "contains"].flatMap((kind) =>
        ["aB", "\u00e9", "[", "@"].flatMap((text) =>
          [false, true].map((ignore_case) => header({ string_match: { [kind]: text, ignore_case } })),
        ),
      ),
      { prefix: "/", headers: [{ name: "X", string_match: { exact: "a" } }] },
      { prefix: "/", headers: [{ name: ":method", string_match: { exact: "GET" } }] },
      { prefix: "/", headers: [{ name: ":path", string_match: { exact: "/" } }] },
      { prefix: "/", headers: [{ name: "a b", present_match: false }] },
      { prefix: "/", headers: [{ name: "x" }, { name: "y" }] },
    ],
    questions: [
      ...values(["aB"], ["AB"], ["ab"], ["xAbx"], ["xab"], ["abx"], ["a"], ["a", "aB"], ["aaB"], ["aabab"]),
      ...values(["\u00c3\u00a9"], ["\u00c3\u0089"], ["\u00e9"], ["{"], ["["], ["`"], ["@"], ["x{"], ["[x"]),
      { headers: [["y", "1"]] },
      {
        headers: [
          ["x", "1"],
          ["y", "1"],
        ],
      },
    ],
  },
  parameters: {
    routes: [
      ...[{}, { present_match: true }, { present_match: false }].map(parameter),
      ...["", "b", "b c", "b%20c", "b+c", "b=c", "b?a=c"].map((exact) =>
        parameter({ string_match: { exact } }),
      ),
      parameter({ string_match: { safe_regex: { regex: "[bc]*" } } }),
      parameter({ string_match: { exact: "B", ignore_case: true } }),
      parameter({ name: "%61" }),
      parameter({ name: "A" }),
      parameter({ name: "a;b" }),
      { prefix: "/", query_parameters: [{ name: "a" }, { name: "b" }] },
    ],
    questions: paths(
      ..."/ /? /?a /?a= /?a=b /?a=c&a=b /?a=b&a=c /?a=b%20c /?a=b+c /?%61=b /?a=b=c /?b&a=b /?&&a=b".split(
        " ",
      ),
      ..."/?a=b?a=c /?x?a=b /?a&a=b /?A=b /?a=b& /?=b /??a=b /?a;a=b /?x=1;a=b /?a=%62 /?a;b=c /?b=1&a=2".split(
        " ",
      ),
      ..."/?aa=b /?&a /?a&b /?=a=b /p?a=b /?a==b".split(" "),
    ),
  },
  paths: {
    routes: [
      ...["/Ab", "", "/Ab?x", "*", "/Ab/"].map((path) => ({ path })),
      ...["/Ab", "", "/Ab?", "/Ab/", "*", "/"].map((prefix) => ({ prefix })),
      ...["/Ab", "/Ab/c", "Ab"].map((path_separated_prefix) => ({ path_separated_prefix })),
      ...["/Ab", "/ab.*", "|/", ".*x.*", "(?i)/ab"].map((regex) => ({ safe_regex: { regex } })),
      { path: "/Ab", case_sensitive: false },
      { prefix: "/Ab", case_sensitive: false },
      { path_separated_prefix: "/Ab", case_sensitive: false },
      { safe_regex: { regex: "/Ab" }, case_sensitive: false },
      { connect_matcher: {} },
      { prefix: "/a", headers: [{ name: ":method", string_match: { exact: "POST" } }] },
    ],
    questions: [
      ...paths(
        ..."/Ab /ab /AB /Ab/ /ab/ /Abc /abc /Ab?x /Ab? /Ab/?x /Ab/c /Ab/c?x /Ab/cd /Ab%2f /%41b //Ab /Ab;x".split(
          " ",
        ),
      ),
      ...paths("/", "/?x", "http://h/Ab", "http://h/Ab?x", "http://h", "/Ab/../c", "/Ab/./", "/x", "/Ab?/x"),
      { method: "CONNECT", path: "h:80" },
      { method: "POST", path: "/a" },
    ],
  },
  templates: {
    routes: [
      ..."/ /a /a/ /a/* /a/** /a/{x} /{x=a/*} /**/a /{x=**}/a /*a /a* /{x=y} /{x=*/a} /{x=*/**} /a.b /a%20b".split(
        " ",
      ),
      ..."/{x}.m /{x}a /a{x} /a{x}b /*.m /**.m /{x=**}.m /** /* /t/*/x/** /a/**/b /{x=**}/a/b /a*/b /*a* /a*b /A".split(
        " ",
      ),
      ..."/*/* /*/*/b /a/{x}/{y} /a/{x=b}/{y=*}/** /{x=a/b/c} /a+b /a(b) /a$b /{x=a.b} /{x=a*} /a-{x} /a.* /a!*".split(
        " ",
      ),
      ..."/{x=*/b/**} /b/{x=a/**} /*.* /{x=b}c /**/ /*/ /{x}/ /a:b /a@b /-._~ /= /{x=*/a}* /{x=b}*c /{x}.m/b /a{x}/b /{x=a/*}b/c /b/*.m".split(
        " ",
      ),
    ].map(template),
    questions: paths(
      ..."/ /a /a/ /a/b /a//b /a/b/ /a/b/c /a/b?x /a/?b /aa /ab /b/a /b/c/a /x/a/ /a.b /axb /a%20b /x.m .m /.m /x/y.m"
        .split(" ")
        .filter((path) => path !== ".m"),
      ..."/t/a/x/ /t/a/x/b//c /t/a%2fb/x/c /t/a/x /a/x@y /y /x/y /a/!$&'()+,;:= /a/x=y /a/* //a /bab /abc /a/b/b /A".split(
        " ",
      ),
      ...'/a/" /a/[b] /a/| /a/\\ /a/< /a/{b} /a/^ /a/` /a+b /aab /aaab /a(b) /ab( /a$b /a- /a-b /a-- /a!! /a! /bc'.split(
        " ",
      ),
      ..."/c/b/ /c/b /b/a/ /b/a /a. /a.. /b/b/b /a/b/a /// /a:b /a@b /-._~ /= /a.b.c".split(" "),
    ),
  },
};

const READERS: Readonly<Record<string, string>> = {
  header: "readHeader",
  url_path: "readPath",
  uri_template: "readTemplateExtension",
};

/** What a request looks like to a filter. */
function seen({ method = "GET", path = "/", headers = [] }: Question): Header[] {
  const own: Header[] = method === "CONNECT" ? [] : [[":path", path.replace(/^http:\/\/h\/?/, "/")]];
  return [[":method", method], ...own, ...headers];
}

let matchers: Matchers;
beforeAll(async () => {
  matchers = await Matchers.load();
});

describe.each(Object.entries(GROUPS))("%s", (_, { routes, questions }) => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await Oracle.start({ routes });
  });
  afterAll(() => oracle?.stop());

  test(`match as in Envoy's jwt_authn: ${routes.length} matchers, ${questions.length} requests each`, async () => {
    const indexes = routes.map((route) => matchers.read("readRoute", route));
    const asked = routes.flatMap((route, i) => questions.map((question) => ({ route, i, question })));
    const answers = await inParallel(asked, ({ i, question }) => oracle.route(i, question));
    const differences = asked.flatMap(({ route, i, question }, n) => {
      matchers.giveHeaders(...seen(question));
      const ours = matchers.unit.call.routeMatches!(indexes[i]!) === 1;
      return ours === answers[n]
        ? []
        : [`${JSON.stringify(route)} on ${JSON.stringify(question)}: Envoy says ${answers[n]}`];
    });
    expect(differences).toEqual([]);
    expect(answers.filter((answer) => answer).length).toBeGreaterThan(answers.length / 20);
  });
});

describe("RBAC", () => {
  const ranges: Message[] = [
    ["10.0.0.0", 8],
    ["10.1.2.3", 8],
    ["10.1.2.3", 32],
    ["10.1.2.3", 33],
    ["10.1.2.3", 128],
    ["10.1.2.2", 31],
    ["0.0.0.0", 0],
    ["::", 0],
    ["::1", 128],
    ["::ffff:10.0.0.0", 104],
    ["2001:db8::", 32],
    ["2001:db8:8000::", 33],
    ["2001:db8::1:0:0", 64],
    ["2001:db8::1:0:0", 96],
    ["fe80::1%1", 64],
  ].map(([address_prefix, prefix_len]) => ({ address_prefix, prefix_len }));
  const addresses = [
    ..."10.1.2.3 10.1.2.2 10.255.0.1 11.0.0.0 0.0.0.0 255.255.255.255 ::1 :: ::2 ::ffff:10.1.2.3 ::10.1.2.3 2001:db8::1".split(
      " ",
    ),
    ..."2001:db8:8000::1 2001:db8:7fff::1 2001:db8::1:0:0 2001:db8:0:0:1:0:1:0 2001:db8::2:0:0:1 fe80::1 fe80::2 2001:DB8::1".split(
      " ",
    ),
  ];

  test(`says the same of ${ranges.length} ranges and ${addresses.length} addresses`, async () => {
    const oracle = await Oracle.start({
      principals: [...ranges, { address_prefix: "10.0.0.0" }].map((range) => ({ remote_ip: range })),
    });
    try {
      const all: Message[] = [...ranges, { address_prefix: "10.0.0.0" }];
      const indexes = all.map((range) => matchers.read("readCidr", range));
      const asked = all.flatMap((range, i) => addresses.map((address) => ({ range, i, address })));
      const answers = await inParallel(asked, ({ i, address }) =>
        oracle.principal(i, { headers: [["x-forwarded-for", address]] }),
      );
      const differences = asked.flatMap(({ range, i, address }, n) =>
        // With a port, as `source.address` has it, and without.
        [address, address.includes(":") ? `[${address}]:8080` : `${address}:8080`].flatMap((text) => {
          const ours = matchers.says("cidrContains", indexes[i]!, text);
          return ours === answers[n]
            ? []
            : [`${JSON.stringify(range)} and ${text}: Envoy says ${answers[n]}`];
        }),
      );
      expect(differences).toEqual([]);
      expect(answers.filter((answer) => answer).length).toBeGreaterThan(30);
    } finally {
      await oracle.stop();
    }
  });

  test("matches headers and paths as the rules of jwt_authn do", async () => {
    const permissions: Message[] = [
      ...FORMS.flatMap((form) =>
        [false, true].map((invert_match) => ({ header: { name: "x", ...form, invert_match } })),
      ),
      ...["exact", "prefix", "suffix", "contains"].map((kind) => ({ url_path: { path: { [kind]: "/a" } } })),
      { url_path: { path: { safe_regex: { regex: "/a.*" } } } },
      { url_path: { path: { exact: "/A", ignore_case: true } } },
      ...["/a", "/{x=*}", "/*/a", "/b/**"].map((text) => ({
        uri_template: template(text).path_match_policy,
      })),
    ];
    const questions = [
      ...GROUPS.headers!.questions,
      ...paths("/a", "/a?b", "/ab", "/b/a", "/b?/a", "/A", "/a/"),
    ];
    const oracle = await Oracle.start({ permissions });
    try {
      const indexes = permissions.map((permission) => {
        const [[kind, message]] = Object.entries(permission) as [[string, Message]];
        return matchers.read(READERS[kind]!, message);
      });
      const asked = permissions.flatMap((permission, i) =>
        questions.map((question) => ({ permission, i, question })),
      );
      const answers = await inParallel(asked, ({ i, question }) => oracle.permission(i, question));
      const differences = asked.flatMap(({ permission, i, question }, n) => {
        let ours: boolean;
        if ("header" in permission) {
          matchers.giveHeaders(...seen(question));
          ours = (matchers.unit.call.headerMatches!(indexes[i]!) & 1) === 1;
        } else {
          const kind = "url_path" in permission ? "pathMatches" : "templateMatches";
          ours = matchers.says(kind, indexes[i]!, question.path ?? "/");
        }
        return ours === answers[n]
          ? []
          : [`${JSON.stringify(permission)} on ${JSON.stringify(question)}: Envoy says ${answers[n]}`];
      });
      expect(differences).toEqual([]);
    } finally {
      await oracle.stop();
    }
  });
});
