import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { locateEnvoy, validateConfig } from "../../harness/envoy/index.js";
import { Matchers } from "./matchers.js";
import { inParallel, type Message, validationConfig } from "./oracle.js";

const TEMPLATE = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

let matchers: Matchers;
let envoy: string;
let dir: string;
beforeAll(async () => {
  matchers = await Matchers.load();
  envoy = (await locateEnvoy({})).path;
  dir = await mkdtemp(join(tmpdir(), "tremula-match-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

let files = 0;

async function envoyRefuses(route: Message): Promise<boolean> {
  const path = join(dir, `${files++}.json`);
  await writeFile(path, validationConfig(route));
  return validateConfig(envoy, path).then(
    () => false,
    () => true,
  );
}

type Refusal = readonly [kind: string, message: Message, error: string];

function asRoute(kind: string, message: Message): Message {
  switch (kind) {
    case "readHeader":
      return { prefix: "/", headers: [message] };
    case "readString":
      return { prefix: "/", headers: [{ name: "x", string_match: message }] };
    case "readParameter":
      return { prefix: "/", query_parameters: [message] };
    case "readTemplate":
      return { path_match_policy: { name: "t", typed_config: { "@type": TEMPLATE, ...message } } };
    default:
      return message;
  }
}

const REFUSED: readonly Refusal[] = [
  ["readString", {}, "$: needs one of exact, prefix, suffix, contains, safe_regex, custom"],
  ["readString", { exact: "a", prefix: "b" }, "$: has exact and prefix, may have only one of"],
  ["readString", { prefix: "" }, "$.prefix: must not be empty"],
  ["readString", { suffix: "" }, "$.suffix: must not be empty"],
  ["readString", { contains: "" }, "$.contains: must not be empty"],
  ["readString", { safe_regex: {} }, "$.safe_regex.regex: missing"],
  ["readString", { safe_regex: { regex: "" } }, "$.safe_regex.regex: must not be empty"],
  [
    "readString",
    { safe_regex: { regex: "a(b" } },
    "$.safe_regex.regex: must not have a ( without its ), at 1 of the expression",
  ],
  [
    "readString",
    { safe_regex: { regex: "a" }, ignore_case: true },
    "$.ignore_case: must not be used with safe_regex",
  ],
  [
    "readString",
    { custom: { name: "x", typed_config: {} } },
    "$.custom: must not be used: a Wasm module cannot call",
  ],
  ["readString", { exact: 1 }, "$.exact: expected a string"],
  ["readString", { exakt: "a" }, "$.exakt: unknown field"],
  ["readHeader", {}, "$.name: missing"],
  ["readHeader", { name: "" }, "$.name: must not be empty"],
  ["readHeader", { name: "a\nb" }, "$.name: must not have line breaks or zeros"],
  ["readHeader", { name: "x", prefix_match: "" }, "$.prefix_match: must not be empty"],
  ["readHeader", { name: "x", suffix_match: "" }, "$.suffix_match: must not be empty"],
  ["readHeader", { name: "x", contains_match: "" }, "$.contains_match: must not be empty"],
  [
    "readHeader",
    { name: "x", safe_regex_match: { regex: "" } },
    "$.safe_regex_match.regex: must not be empty",
  ],
  ["readHeader", { name: "x", string_match: {} }, "$.string_match: needs one of exact"],
  [
    "readHeader",
    { name: "x", present_match: true, exact_match: "a" },
    "$: has exact_match and present_match, may have only one of",
  ],
  [
    "readHeader",
    { name: "x", range_match: { start: "x" } },
    "$.range_match.start: expected a 64-bit integer",
  ],
  ["readHeader", { name: "x", regex_match: "a" }, "$.regex_match: unknown field"],
  ["readParameter", { name: "" }, "$.name: must have 1 to 1024 octets"],
  ["readParameter", { name: "a".repeat(1025) }, "$.name: must have 1 to 1024 octets"],
  ["readParameter", { name: "a", string_match: {} }, "$.string_match: needs one of exact"],
  ["readParameter", { name: "a", value: "x" }, "$.value: unknown field"],
  ["readRoute", {}, "$: needs one of prefix, path, safe_regex"],
  ["readRoute", { prefix: "/", path: "/" }, "$: has prefix and path, may have only one of"],
  ["readRoute", { safe_regex: {} }, "$.safe_regex.regex: missing"],
  ...["/a/", "/", "a", "/a?b", "/a#b", ""].map((path_separated_prefix): Refusal => [
    "readRoute",
    { path_separated_prefix },
    "$.path_separated_prefix: must have two octets or more",
  ]),
  ["readRoute", { prefix: "/", headers: [{ name: "" }] }, "$.headers[0].name: must not be empty"],
  ["readRoute", { prefix: "/", query_parameters: [{ name: "" }] }, "$.query_parameters[0].name: must have"],
  ["readRoute", { prefix: "/", regex: "a" }, "$.regex: unknown field"],
  ["readRoute", { path_match_policy: { name: "t" } }, "$.path_match_policy.typed_config: missing"],
  ["readTemplate", { path_template: "" }, "$.path_template: must have 1 to 256 octets"],
  ["readTemplate", { path_template: `/${"a".repeat(256)}` }, "$.path_template: must have 1 to 256 octets"],
  ...(
    [
      ["a", "must begin with /"],
      ["//", "must not have an empty segment"],
      ["/a//b", "must not have an empty segment"],
      ["/**/*", "must not have *, ** or a variable behind a **"],
      ["/**/**", "must not have *, ** or a variable behind a **"],
      ["/**/{x}", "must not have *, ** or a variable behind a **"],
      ["/{x=**}/{y}", "must not have *, ** or a variable behind a **"],
      ["/{}", "must have a name of 1 to 16 octets in a variable"],
      ["/{x", "must not have a { without its }"],
      ["/x}", "must have letters, digits and"],
      ["/{x=}", "must not have an empty segment"],
      ["/{x={y}}", "must"],
      ["/{x}{y}", "must not have two variables"],
      ["/{x}a{y}", "must not have two variables"],
      ["/*{x}", "must not have two variables"],
      ["/{x}/{x}", "must not have two variables of one name"],
      ["/a b", "must have letters, digits and"],
      ["/a?b", "must have letters, digits and"],
      ["/a#b", "must have letters, digits and"],
      ["/\u00e9", "must have letters, digits and"],
      ["/{1x}", "must have a name of 1 to 16 octets in a variable"],
      ["/{x-y}", "must have a name of letters, digits and _"],
      ["/{abcdefghijklmnopq}", "must have a name of 1 to 16 octets in a variable"],
      ["/{a}/{b}/{c}/{d}/{e}/{f}", "must not have more than 5 variables"],
      ["/[a]", "must have letters, digits and"],
      ["/a|b", "must have letters, digits and"],
      ["/{x=/a}", "must not have an empty segment"],
      ["/{x=a/}", "must not have an empty segment"],
      ["/{x= a}", "must have letters, digits and"],
      ["/{x=*a}", "must have text or a * alone"],
      ["/a{x=b/*}", "must not have a / in a variable behind text"],
      ["/*.m/a", "must not have text behind a * but in the last segment"],
      ["/**a/", "must not have text behind a * but in the last segment"],
      ["/a/{x=**/b}/*", "must not have *, ** or a variable behind a **"],
    ] as const
  ).map(([path_template, error]): Refusal => [
    "readTemplate",
    { path_template },
    `$.path_template: ${error}`,
  ]),
];

/** What Envoy accepts, and we do not: its jwt_authn ignores them, or they cannot match. */
const STRICTER: readonly Refusal[] = [
  ...[
    { grpc: {} },
    { tls_context: { presented: true } },
    { runtime_fraction: { default_value: { numerator: 0 } } },
    { dynamic_metadata: [{ filter: "a", path: [{ key: "b" }], value: { present_match: true } }] },
    { filter_state: [{ key: "a", string_match: { exact: "b" } }] },
    { cookies: [{ name: "a", string_match: { exact: "b" } }] },
  ].map((condition): Refusal => {
    const name = Object.keys(condition)[0]!;
    return [
      "readRoute",
      { prefix: "/", ...condition },
      `$.${name}: must not be used here: Envoy's jwt_authn ignores it`,
    ];
  }),
  ["readTemplate", { path_template: "/a**" }, "$.path_template: must not have * behind *"],
  ["readTemplate", { path_template: "/***" }, "$.path_template: must not have * behind *"],
];

describe("matchers that are wrong", () => {
  test.each(REFUSED)("%s %j is refused", (kind, message, error) => {
    expect(matchers.error(kind, message)).toContain(error);
  });

  test(`are refused by Envoy too: all ${REFUSED.length}`, async () => {
    const answers = await inParallel(REFUSED, ([kind, message]) => envoyRefuses(asRoute(kind, message)));
    expect(REFUSED.filter((_, i) => !answers[i]).map(([, message]) => JSON.stringify(message))).toEqual([]);
  });

  test.each(STRICTER)("%s %j is refused, unlike by Envoy", async (kind, message, error) => {
    expect(matchers.error(kind, message)).toContain(error);
    expect(await envoyRefuses(asRoute(kind, message))).toBe(false);
  });

  test("are accepted in every form that Envoy accepts", () => {
    for (const [kind, message] of [
      ["readString", { safe_regex: { google_re2: { max_program_size: 10 }, regex: "a" } }],
      ["readString", { safeRegex: { googleRe2: {}, regex: "a" } }],
      ["readString", { exact: "", ignoreCase: true }],
      ["readHeader", { name: "x", presentMatch: false, treatMissingHeaderAsEmpty: true }],
      ["readRoute", { pathSeparatedPrefix: "/a", caseSensitive: null, queryParameters: [], cookies: [] }],
      ["readRoute", { connect_matcher: {}, dynamic_metadata: [] }],
      ["readRoute", asRoute("readTemplate", { path_template: "/{a}/{b}/{c}/{d}/{e}" })],
    ] as const) {
      expect(matchers.error(kind, message), JSON.stringify(message)).toBe("");
    }
  });
});
