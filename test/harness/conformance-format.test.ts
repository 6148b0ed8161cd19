import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Case, loadCases } from "../../harness/conformance/cases.js";
import { mergePatch, withoutPaths } from "../../harness/conformance/merge-patch.js";
import { onlyInEnvoy } from "../../harness/conformance/only-in-envoy.js";
import { groupsOf } from "../../harness/conformance/requests.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "tremula-cases-"))));
afterAll(() => rm(folder, { recursive: true }));

async function load(yaml: string): Promise<Case[]> {
  await writeFile(join(folder, "x.cases.yaml"), `filter: x\n${yaml}`);
  return loadCases(folder);
}

const ONE = "requests: [{ expect: { status: 200 } }]";

describe("variants", () => {
  const file = `
configuration: { mode: strict, deep: { a: 1, b: 2 } }
native: { filter: jwt_authn, without: [deep.b], merge: { extra: 1 } }
variants:
  strict: {}
  envoy: { configuration: { mode: envoy, deep: { a: null } }, counters: { n: 2 } }
cases:
  - case: both
    why: strict is strict
    counters: { n: 1 }
    requests:
      - { expect: { status: 200 }, in: { strict: { status: 401 } } }
  - { case: one, variants: [envoy], changes: { deep: { c: 3 } }, ${ONE} }
  - { case: none, variants: [], native: false, configuration: text, ${ONE} }
  - { case: own, variants: { shut: { refused: no } }, native: jwt_authn, ${ONE} }
`;

  it("are cases of their own, with what they change", async () => {
    const cases = await load(file);
    expect(cases.map((one) => one.case)).toEqual([
      ...["both (strict)", "both (envoy)", "one (envoy)", "none", "own (shut)"],
    ]);
    expect(cases.map(({ configuration }) => configuration)).toEqual([
      { mode: "strict", deep: { a: 1, b: 2 } },
      { mode: "envoy", deep: { b: 2 } },
      { mode: "envoy", deep: { b: 2, c: 3 } },
      "text",
      { mode: "strict", deep: { a: 1, b: 2 } },
    ]);
    expect(cases.map(({ counters }) => counters)).toEqual([{ n: 1 }, { n: 2 }, { n: 2 }, {}, {}]);
    expect(cases.map(({ requests }) => requests[0]?.expect.status)).toEqual([401, 200, 200, 200, undefined]);
  });

  it("leave native with what is expected without them, once for each case", async () => {
    const cases = await load(file);
    const type = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
    expect(cases.map(({ native }) => native?.[0]?.["typed_config"])).toEqual([
      { "@type": type, deep: { a: 1 }, extra: 1 },
      undefined,
      { "@type": type, deep: { c: 3 }, extra: 1 },
      undefined,
      undefined,
    ]);
    expect(cases[0]?.requests[0]?.native?.status).toBe(200);
  });

  it.each([
    ["variants: the file has none called x", `cases: [{ case: a, variants: [x], ${ONE} }]`],
    [
      "there is no variant strct",
      "cases: [{ case: a, why: b, variants: { strict: {} }, requests: [{ expect: { status: 200 }, in: { strct: { status: 1 } } }] }]",
    ],
    [
      "a case in which native or a variant differs says why",
      "cases: [{ case: a, requests: [{ expect: { status: 200 }, in: { x: { status: 1 } } }] }]",
    ],
    ["a case has either requests or refused", "cases: [{ case: a }]"],
    ["a case that is for some hosts only says why", `cases: [{ case: a, hosts: [envoy], ${ONE} }]`],
    ["either a configuration or changes", `cases: [{ case: a, configuration: {}, changes: {}, ${ONE} }]`],
    ["native: x is none of jwt_authn, rbac", `cases: [{ case: a, native: x, ${ONE} }]`],
    ['Unrecognized key: "requsts"', `cases: [{ case: a, requsts: 1, ${ONE} }]`],
    ["two cases have this name", `cases: [{ case: a, ${ONE} }, { case: a, ${ONE} }]`],
  ])("are refused: %s", async (message, yaml) => {
    await expect(load(yaml)).rejects.toThrow(message);
  });
});

describe("native", () => {
  it("takes our configuration without what is ours", async () => {
    const remote = "{ http_uri: { uri: u }, max_jwks_bytes: 1, unknownKidRefetchInterval: 1s }";
    const [one] = await load(`
cases:
  - case: a
    native: jwt_authn
    configuration: { mode: strict, verifier: own, route_metadata_namespace: n, providers: { mode: { remote_jwks: ${remote} } } }
    ${ONE}
`);
    expect(one?.native).toEqual([
      {
        name: "envoy.filters.http.jwt_authn",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
          providers: { mode: { remote_jwks: { http_uri: { uri: "u" } } } },
        },
      },
    ]);
  });

  it("is not asked about a configuration that ours refuses, unless the case says what it does", async () => {
    const [first, second] = await load(`
native: rbac
cases:
  - { case: a, configuration: {}, refused: x }
  - { case: b, configuration: {}, refused: x, nativeRefused: "" }
`);
    expect([first?.native, second?.native?.length]).toEqual([undefined, 1]);
  });
});

it("patches are RFC 7396's", () => {
  expect(mergePatch({ a: "b", c: { d: "e", f: "g" } }, { a: "z", c: { f: null } })).toEqual({
    a: "z",
    c: { d: "e" },
  });
  expect(mergePatch({ a: [{ b: "c" }] }, { a: [1] })).toEqual({ a: [1] });
  expect(mergePatch([1], { a: { b: null } })).toEqual({ a: {} });
  expect(withoutPaths({ a: [{ b: 1, c: 2 }], d: { b: 1 } }, ["a.*.b", "d", "x.y"])).toEqual({
    a: [{ c: 2 }],
  });
});

it("requests of a group are sent together and can be told apart", async () => {
  const [one] = await load(`
cases:
  - case: a
    requests:
      - { path: /1, expect: { status: 200 } }
      - { path: /2, concurrent: 2, name: two, expect: { status: 200 } }
      - { path: /3, together: true, expect: { status: 200 } }
      - { path: /4, abandon: callout }
`);
  const groups = groupsOf(one!.requests);
  expect(groups.map((group) => group.map(({ request, where, tag }) => [request.path, where, tag]))).toEqual([
    [["/1", "request 1: ", undefined]],
    [
      ["/2", "request 2 (two): ", "1"],
      ["/2", "request 2 (two): ", "2"],
      ["/3", "request 3: ", "3"],
    ],
    [["/4", "request 4: ", undefined]],
  ]);
  expect(groups[1]?.[2]?.request.headers).toEqual([["x-case-request", "3"]]);
  expect(groups[2]?.[0]?.request.expect).toMatchObject({ status: 0, reset: true });
});

it.each([
  [undefined, "hcm: { stat_prefix: x }"],
  [undefined, "routes: [{ match: { path: /x } }, { match: { prefix: / } }]"],
  [undefined, "before: [{ name: lua }], hcm: { merge_slashes: true }, inProcess: {}"],
  ["signals", "hosts: [envoy], reason: signals"],
  ["the in-process host has no connection manager with merge_slashes", "hcm: { merge_slashes: true }"],
  ["the in-process host writes no access log", "accessLog: { format: x, expect: [] }"],
  ["the in-process host has no lua", "after: [{ name: lua }]"],
  ["the in-process host does not match routes by headers", "routes: [{ match: { prefix: /, headers: [] } }]"],
  ["the in-process host has no answer where no route matches", "routes: [{ match: { path: /x } }]"],
  ["the in-process host has no routes with redirect", "routes: [{ match: { prefix: / }, redirect: {} }]"],
])("runs only in Envoy: %s", async (reason, fields) => {
  const [one] = await load(`cases: [{ case: a, ${fields}, ${ONE} }]`);
  expect(onlyInEnvoy(one!)).toBe(reason);
});
