import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { migrate, noteText, yamlOf, type MigrateOptions } from "../../harness/migrate/index.js";
import { problemText, resourcesOf } from "../../harness/resources/index.js";

const CLI = join(import.meta.dirname, "../../dist/harness/cli.js");

const RBAC = "rbac.istio.io/v1alpha1";
const AUTHN = "authentication.istio.io/v1alpha1";

const object = (
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string | undefined,
  spec: unknown,
): string => JSON.stringify({ apiVersion, kind, metadata: { name, ...(namespace && { namespace }) }, spec });

const config = (spec: object) => object(RBAC, "ClusterRbacConfig", "default", undefined, spec);
const role = (name: string, rules: object[]) => object(RBAC, "ServiceRole", name, "foo", { rules });
const binding = (name: string, subjects: object[], more: object = {}) =>
  object(RBAC, "ServiceRoleBinding", `${name}-binding`, "foo", {
    subjects,
    roleRef: { kind: "ServiceRole", name },
    ...more,
  });
const policy = (spec: object, name = "default") => object(AUTHN, "Policy", name, "foo", spec);
const meshPolicy = (spec: object, name = "default") => object(AUTHN, "MeshPolicy", name, undefined, spec);
const service = (
  name: string,
  selector: object | undefined = { app: name },
  ports: object[] = [{ name: "http", port: 8000, targetPort: 80 }],
  namespace = "foo",
) => object("v1", "Service", name, namespace, { ...(selector && { selector }), ports });

interface Outcome {
  /** `AuthorizationPolicy foo/name` → its spec. */
  readonly specs: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  readonly annotations: Readonly<Record<string, unknown>>;
}

function outcome(documents: readonly string[], options: MigrateOptions = {}): Outcome {
  const resources = resourcesOf(documents.join("\n---\n"), { file: "f.yaml" });
  if (resources.problems.length > 0) throw new Error(resources.problems.map(problemText).join("\n"));
  const { written, notes } = migrate(resources, options);
  // What is written can be read again, and is what was meant.
  const read = resourcesOf(yamlOf(written));
  expect(read.problems.map(problemText)).toEqual(
    new Set(written.map((one) => JSON.stringify(one.metadata) + one.kind)).size === written.length
      ? []
      : expect.anything(),
  );
  const keyed = <Value>(of: (one: (typeof written)[0]) => Value) =>
    Object.fromEntries(
      written.map((one) => [`${one.kind} ${one.metadata.namespace}/${one.metadata.name}`, of(one)]),
    );
  return {
    specs: keyed(({ spec }) => spec),
    notes: notes.map((note) => noteText(note).replace(/^\S+ /, "")),
    annotations: keyed(({ metadata }) => metadata.annotations),
  };
}

const specs = (documents: readonly string[], options?: MigrateOptions) => outcome(documents, options).specs;
const notes = (documents: readonly string[], options?: MigrateOptions) => outcome(documents, options).notes;

// The example of istio.io's migration guide (blog, 2021), as one reads it; its answer differs where it says so below.
const GUIDE = [
  meshPolicy({ peers: [{ mtls: {} }] }),
  policy(
    {
      targets: [{ name: "httpbin", ports: [{ number: 8000 }] }],
      peers: [{ mtls: { mode: "PERMISSIVE" } }],
      origins: [
        {
          jwt: {
            issuer: "testing@example.com",
            jwksUri: "https://www.example.com/jwks.json",
            triggerRules: [
              { includedPaths: [{ prefix: "/admin/" }], excludedPaths: [{ exact: "/admin/status" }] },
            ],
          },
        },
      ],
      principalBinding: "USE_ORIGIN",
    },
    "httpbin",
  ),
  config({ mode: "ON" }),
  role("httpbin", [{ services: ["httpbin.foo.svc.cluster.local"], methods: ["GET"] }]),
  binding("httpbin", [{ user: "cluster.local/ns/foo/sa/sleep" }]),
  service("httpbin"),
];

describe("the guide's example", () => {
  const selector = { matchLabels: { app: "httpbin" } };

  it("gives the guide's resources, namespace by namespace", () => {
    expect(specs(GUIDE, { namespace: "foo" })).toEqual({
      "PeerAuthentication foo/default": { mtls: { mode: "STRICT" } },
      "PeerAuthentication foo/httpbin": { selector, portLevelMtls: { 80: { mode: "PERMISSIVE" } } },
      "RequestAuthentication foo/httpbin": {
        selector,
        jwtRules: [{ issuer: "testing@example.com", jwksUri: "https://www.example.com/jwks.json" }],
      },
      "AuthorizationPolicy foo/httpbin-jwt": {
        action: "DENY",
        selector,
        rules: [
          {
            from: [{ source: { notRequestPrincipals: ["*"] } }],
            to: [{ operation: { ports: ["80"], paths: ["/admin/*"], notPaths: ["/admin/status"] } }],
          },
        ],
      },
      // The guide calls these two default and httpbin; we keep the names of istioctl's converter.
      "AuthorizationPolicy foo/generated-namespace-deny-all": {},
      // The guide selects version: v1 too, which the Service does not, and which would leave other versions open.
      "AuthorizationPolicy foo/generated-httpbin-rule0-svc0-target0": {
        selector,
        rules: [
          {
            from: [{ source: { principals: ["cluster.local/ns/foo/sa/sleep"] } }],
            to: [{ operation: { methods: ["GET"] } }],
          },
        ],
      },
    });
  });

  it("or for the mesh, with what changes", () => {
    const { specs: all, notes: said } = outcome(GUIDE);
    expect(Object.keys(all)).toContain("PeerAuthentication istio-system/default");
    expect(Object.keys(all)).toContain("AuthorizationPolicy istio-system/generated-global-deny-all");
    expect(said).toEqual([
      "changed: Policy foo/httpbin: the token is not passed on to the workload any more; --forward-tokens keeps that",
      "changed: Policy foo/httpbin: USE_ORIGIN: a principal of the token is not the source's principal any more; users of ServiceRoleBindings that mean one belong into requestPrincipals",
      "changed: Policy foo/httpbin: RequestAuthentication is for every port: an invalid token is refused with 401 at the workload's other ports too",
      'changed: Policy foo/httpbin: a request without a token was answered with 401 "Origin authentication failed", now with 403 "RBAC: access denied"',
    ]);
  });

  it("by the command: YAML on standard output, notes on standard error", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, "migrate", "-"], {
      input: GUIDE.join("\n---\n"),
      encoding: "utf8",
    });
    expect(status).toBe(0);
    expect(parseAllDocuments(stdout)).toHaveLength(6);
    expect(stdout).toContain(
      "# Migrated from Policy foo/httpbin (<stdin>:3).\n# The ports are those that the workload listens on, not the Service's.\n",
    );
    expect(stderr).toMatch(/^<stdin>:3: changed: Policy foo\/httpbin: the token is not passed on/);
  });
});

describe("mTLS", () => {
  it.each([
    [{ peers: [{ mtls: {} }] }, "STRICT"],
    [{ peers: [{ mtls: null }] }, "STRICT"],
    [{ peers: [{ mtls: { mode: "STRICT" } }] }, "STRICT"],
    [{ peers: [{ mtls: { mode: "PERMISSIVE" } }] }, "PERMISSIVE"],
    [{ peers: [{ mtls: { allowTls: true } }] }, "PERMISSIVE"],
    [{ peers: [{ mtls: {} }], peerIsOptional: true }, "PERMISSIVE"],
    [{}, "PERMISSIVE"],
  ])("%j is %s", (spec, mode) => {
    expect(specs([policy(spec)])).toEqual({ "PeerAuthentication foo/default": { mtls: { mode } } });
  });

  it("says what it cannot keep", () => {
    expect(notes([policy({ peers: [{ mtls: { allow_tls: true } }] })])[0]).toMatch(/^lost: .*allowTls/);
    expect(notes([policy({})])[0]).toMatch(/^changed: .*without peers/);
    expect(notes([policy({ peers: [{ jwt: {} }] })])[0]).toMatch(/^lost: .*a peer's JWT/);
    expect(notes([meshPolicy({}, "other")])).toEqual([
      "lost: MeshPolicy other: only the MeshPolicy default was obeyed; this one is left out",
    ]);
    expect(notes([policy({}, "other")])[0]).toMatch(/^lost: .*only when it was called default/);
  });

  it("of the namespace takes the mesh's place in it", () => {
    const both = [
      meshPolicy({ peers: [{ mtls: {} }] }),
      policy({ peers: [{ mtls: { mode: "PERMISSIVE" } }] }),
    ];
    expect(specs(both, { namespace: "foo" })).toEqual({
      "PeerAuthentication foo/default": { mtls: { mode: "PERMISSIVE" } },
    });
    expect(Object.keys(specs(both, { rootNamespace: "root" }))).toEqual([
      "PeerAuthentication root/default",
      "PeerAuthentication foo/default",
    ]);
  });
});

describe("targets", () => {
  const target = (targets: object[], more: object = {}) =>
    policy({ targets, peers: [{ mtls: {} }], ...more }, "p");

  it("are workloads: one resource for each", () => {
    const documents = [
      target([{ name: "a" }, { name: "b", labels: { v: "1" } }]),
      service("a"),
      service("b", { app: "b", tier: "x" }),
    ];
    expect(specs(documents)).toEqual({
      "PeerAuthentication foo/p-a": { selector: { matchLabels: { app: "a" } }, mtls: { mode: "STRICT" } },
      "PeerAuthentication foo/p-b": {
        selector: { matchLabels: { app: "b", tier: "x", v: "1" } },
        mtls: { mode: "STRICT" },
      },
    });
  });

  it("have ports by number and name, which become the workload's", () => {
    const ports = [
      { name: "http", port: 8000, targetPort: 80 },
      { name: "admin", port: 9000, targetPort: "adm" },
      { name: "same", port: 7000 },
    ];
    const workload = object("apps/v1", "Deployment", "a", "foo", {
      template: {
        metadata: { labels: { app: "a" } },
        spec: { containers: [{ name: "a", ports: [{ name: "adm", containerPort: 9999 }] }] },
      },
    });
    const documents = [
      target([{ name: "a", ports: [{ number: 8000 }, { name: "admin" }, { number: 7000 }] }]),
      service("a", undefined, ports),
    ];
    expect(Object.values(specs([...documents, workload]))[0]).toMatchObject({
      portLevelMtls: { 80: {}, 9999: {}, 7000: {} },
    });
    const { specs: none, notes: said } = outcome(documents);
    expect(none).toEqual({});
    expect(said[0]).toMatch(/^error: .*the workload's port behind admin of Service foo\/a is not known/);
  });

  it("that cannot be told are errors, never the whole namespace", () => {
    expect(outcome([target([{ name: "a" }])])).toMatchObject({
      specs: {},
      notes: [expect.stringMatching(/^error: .*there is no Service foo\/a/)],
    });
    const bare = object("v1", "Service", "a", "foo", { ports: [{ port: 1 }] });
    expect(outcome([target([{ name: "a" }]), bare])).toMatchObject({
      specs: {},
      notes: [expect.stringMatching(/^error: .*no selector/)],
    });
    expect(outcome([target([{ name: "a" }]), service("a", undefined, undefined, "bar")])).toMatchObject({
      specs: {},
    });
  });

  it("with ports that are not HTTP have tokens required at the others only", () => {
    const ports = [
      { name: "http", port: 80 },
      { name: "tcp-db", port: 5432 },
      { name: "what", port: 7000 },
    ];
    const documents = [
      target([{ name: "a" }], { origins: [{ jwt: { issuer: "i" } }] }),
      service("a", undefined, ports),
    ];
    expect(specs(documents)["AuthorizationPolicy foo/p-jwt"]).toMatchObject({
      rules: [{ to: [{ operation: { ports: ["80", "7000"] } }] }],
    });
  });
});

describe("policies that meet at a workload", () => {
  const jwt = (issuer: string) => ({ origins: [{ jwt: { issuer } }] });
  const strict = { peers: [{ mtls: {} }] };
  const on = (...ports: number[]) => [
    { name: "a", ...(ports.length > 0 && { ports: ports.map((number) => ({ number })) }) },
  ];
  const a = service("a", undefined, [
    { name: "http", port: 80 },
    { name: "tcp", port: 90 },
    { name: "http-x", port: 91 },
  ]);
  const denial = (all: Record<string, unknown>, name: string) =>
    (all[`AuthorizationPolicy foo/${name}-jwt`] as { rules: object[] } | undefined)?.rules[0];
  const not = (...principals: string[]) => [{ source: { notRequestPrincipals: principals } }];

  it("are one PeerAuthentication, because Istio obeys one only", () => {
    const { specs: all, notes: said } = outcome([
      policy({ targets: on(91), peers: [{ mtls: { mode: "PERMISSIVE" } }] }, "port"),
      policy({ targets: on(), ...strict }, "all"),
      policy({ targets: [...on(80), ...on(90)], ...strict }, "two"),
      a,
    ]);
    expect(all).toEqual({
      "PeerAuthentication foo/all": {
        selector: { matchLabels: { app: "a" } },
        mtls: { mode: "STRICT" },
        portLevelMtls: { 80: { mode: "STRICT" }, 90: { mode: "STRICT" }, 91: { mode: "PERMISSIVE" } },
      },
    });
    expect(said).toEqual([]);
  });

  it("do not let the tokens of one another pass", () => {
    const { specs: all, notes: said } = outcome([
      policy({ ...strict, ...jwt("N") }, "default"),
      policy({ ...strict, ...jwt("A"), targets: on() }, "own"),
      policy({ ...strict, ...jwt("X"), targets: on(91) }, "port"),
      service("a", undefined, [
        { name: "http", port: 80 },
        { name: "http-x", port: 91 },
      ]),
    ]);
    expect(denial(all, "default")).toEqual({ from: not("*") });
    expect(denial(all, "own")).toEqual({ from: not("A/*"), to: [{ operation: { notPorts: ["91"] } }] });
    expect(denial(all, "port")).toEqual({ from: not("X/*"), to: [{ operation: { ports: ["91"] } }] });
    expect(said.filter((text) => text.includes("it took the place of Policy foo/default"))).toHaveLength(2);
  });

  it("of the mesh do not either, while those of a namespace's workloads pass its own", () => {
    const { specs: all } = outcome([
      meshPolicy({ ...strict, ...jwt("M") }),
      policy({ ...strict, ...jwt("N") }, "default"),
      policy({ ...strict, ...jwt("A"), targets: on() }, "own"),
      service("a"),
    ]);
    expect(denial(all, "default")).toEqual({ from: not("N/*", "A/*") });
    expect(denial(all, "own")).toEqual({ from: not("A/*") });
  });

  it("require no token where there is no HTTP", () => {
    for (const [targets, ports] of [
      [on(90), undefined],
      [on(), [{ name: "tcp", port: 90 }]],
    ] as const) {
      const { specs: all, notes: said } = outcome([
        policy({ targets, ...strict, ...jwt("A") }, "own"),
        ports === undefined ? a : service("a", undefined, [...ports]),
      ]);
      expect(denial(all, "own")).toBeUndefined();
      expect(said.at(-1)).toMatch(/^lost: .*not HTTP/);
    }
  });
});

describe("tokens", () => {
  const origins = (...jwts: object[]) => ({ origins: jwts.map((jwt) => ({ jwt })) });
  const deny = (spec: object, options?: MigrateOptions) =>
    specs([policy({ peers: [{ mtls: {} }], ...spec })], options)["AuthorizationPolicy foo/default-jwt"];
  const from = [{ source: { notRequestPrincipals: ["*"] } }];

  it("keep their rules", () => {
    const jwt = {
      issuer: "i",
      audiences: ["a"],
      jwks_uri: "https://i/k",
      jwtHeaders: ["x-token"],
      jwtParams: ["t"],
    };
    expect(specs([policy(origins(jwt))])["RequestAuthentication foo/default"]).toEqual({
      jwtRules: [
        {
          issuer: "i",
          audiences: ["a"],
          jwksUri: "https://i/k",
          fromHeaders: [{ name: "x-token" }],
          fromParams: ["t"],
        },
      ],
    });
    expect(
      specs([policy(origins({ issuer: "i" }))], { forwardTokens: true })["RequestAuthentication foo/default"],
    ).toEqual({
      jwtRules: [{ issuer: "i", forwardOriginalToken: true }],
    });
  });

  it("are required everywhere, or where the triggers say", () => {
    expect(deny(origins({ issuer: "i" }))).toEqual({ action: "DENY", rules: [{ from }] });
    const triggered = (...triggerRules: object[]) => deny(origins({ issuer: "i", triggerRules }));
    expect(triggered({ includedPaths: [{ exact: "/a" }, { suffix: ".json" }] })).toMatchObject({
      rules: [{ from, to: [{ operation: { paths: ["/a", "*.json"] } }] }],
    });
    expect(triggered({ excludedPaths: [{ prefix: "/health" }] })).toMatchObject({
      rules: [{ to: [{ operation: { notPaths: ["/health*"] } }] }],
    });
    expect(
      triggered(
        { included_paths: [{ exact: "/a" }] },
        { includedPaths: [{ exact: "/b" }], excluded_paths: [{ exact: "/b" }] },
      ),
    ).toMatchObject({
      rules: [{ to: [{ operation: { paths: ["/a"] } }, { operation: { paths: ["/b"], notPaths: ["/b"] } }] }],
    });
    // An empty trigger is every path: what else is listed must not narrow it.
    expect(triggered({}, { includedPaths: [{ exact: "/a" }] })).toEqual({
      action: "DENY",
      rules: [{ from }],
    });
  });

  it("of several issuers are required where any of them was", () => {
    const two = origins(
      { issuer: "i", triggerRules: [{ includedPaths: [{ exact: "/a" }] }] },
      { issuer: "j" },
    );
    expect(deny(two)).toEqual({ action: "DENY", rules: [{ from }] });
    expect(notes([policy({ peers: [{ mtls: {} }], ...two })]).join()).toContain(
      "one of any of the issuers is enough",
    );
  });

  it("are not required where they were optional", () => {
    expect(deny({ ...origins({ issuer: "i" }), originIsOptional: true })).toBeUndefined();
    expect(
      notes([policy({ peers: [{ mtls: {} }], ...origins({ issuer: "i" }), origin_is_optional: true })]).at(
        -1,
      ),
    ).toMatch(/^changed: .*originIsOptional/);
  });

  it("triggered by a regular expression are an error", () => {
    const regex = origins({ issuer: "i", triggerRules: [{ includedPaths: [{ regex: "/a.*" }] }] });
    expect(deny(regex)).toBeUndefined();
    expect(notes([policy({ peers: [{ mtls: {} }], ...regex })]).at(-1)).toMatch(
      /^error: .*regular expression \/a\.\*/,
    );
  });
});

describe("where authorization was on", () => {
  const web = service("web");
  const rules = [{ services: ["web.foo.svc.cluster.local"] }];
  const granted = [role("r", rules), binding("r", [{ user: "u" }])];
  const names = (documents: readonly string[], options?: MigrateOptions) =>
    Object.keys(specs(documents, options)).map((name) => name.replace("AuthorizationPolicy ", ""));
  const ROLE = "foo/generated-r-rule0-svc0-target0";

  it("OFF allows everything, ON nothing", () => {
    expect(names([config({ mode: "OFF" }), web, ...granted])).toEqual([
      "istio-system/generated-global-allow-all",
      ROLE,
    ]);
    expect(specs([config({ mode: "OFF" })])).toEqual({
      "AuthorizationPolicy istio-system/generated-global-allow-all": { rules: [{}] },
    });
    expect(specs([config({ mode: "ON" })], { rootNamespace: "root" })).toEqual({
      "AuthorizationPolicy root/generated-global-deny-all": {},
    });
  });

  it("ON_WITH_INCLUSION is for services and namespaces, and roles for others are left out", () => {
    const inclusion = (what: object) => config({ mode: "ON_WITH_INCLUSION", inclusion: what });
    const included = inclusion({ services: ["web.foo.svc.cluster.local"], namespaces: ["bar"] });
    expect(specs([included, web])).toEqual({
      "AuthorizationPolicy foo/generated-service-web-deny-all": { selector: { matchLabels: { app: "web" } } },
      "AuthorizationPolicy bar/generated-namespace-deny-all": {},
    });
    expect(names([included, web, ...granted])).toContain(ROLE);
    const elsewhere = [inclusion({ namespaces: ["bar"] }), web, ...granted];
    expect(names(elsewhere)).toEqual(["bar/generated-namespace-deny-all"]);
    expect(notes(elsewhere)[0]).toMatch(/^info: ServiceRole foo\/r: .*was not included/);
    // A role for all services of the namespace is for those where authorization was on.
    const all = [
      included,
      web,
      service("db"),
      role("r", [{ services: ["*"] }]),
      binding("r", [{ user: "u" }]),
    ];
    expect(specs(all)[`AuthorizationPolicy ${ROLE}`]).toMatchObject({
      selector: { matchLabels: { app: "web" } },
    });
  });

  it("ON_WITH_EXCLUSION allows everything there, and nothing elsewhere", () => {
    const excluded = config({
      mode: "ON_WITH_EXCLUSION",
      exclusion: { services: ["web.foo.svc.cluster.local"], namespaces: ["bar"] },
    });
    expect(specs([excluded, web])).toEqual({
      "AuthorizationPolicy foo/generated-service-web-allow-all": {
        selector: { matchLabels: { app: "web" } },
        rules: [{}],
      },
      "AuthorizationPolicy istio-system/generated-global-deny-all": {},
      "AuthorizationPolicy bar/generated-namespace-allow-all": { rules: [{}] },
    });
    expect(names([excluded, web], { namespace: "bar" })).toEqual(["bar/generated-namespace-allow-all"]);
    expect(names([excluded, web], { namespace: "foo" })).toEqual([
      "foo/generated-service-web-allow-all",
      "foo/generated-namespace-deny-all",
    ]);
  });

  it("must be known", () => {
    expect(() => specs([web, ...granted])).toThrow("no ClusterRbacConfig");
    expect(names([web, ...granted], { allowNoClusterRbacConfig: true })).toEqual([ROLE]);
    expect(specs([web])).toEqual({});
  });

  it.each([
    ["*.foo.svc.cluster.local", /wildcards/],
    ["web", /names no namespace/],
    ["none.foo.svc.cluster.local", /there is no Service foo\/none/],
    ["bare.foo.svc.cluster.local", /no selector/],
  ])("the service %s is an error", (name, message) => {
    const bare = object("v1", "Service", "bare", "foo", {});
    const { specs: none, notes: said } = outcome([
      config({ mode: "ON_WITH_INCLUSION", inclusion: { services: [name] } }),
      web,
      bare,
    ]);
    expect(none).toEqual({});
    expect(said[0]).toMatch(/^error: ClusterRbacConfig default/);
    expect(said[0]).toMatch(message);
  });

  it("a rehearsal becomes a dry run", () => {
    const { annotations } = outcome([config({ mode: "ON", enforcementMode: "PERMISSIVE" }), web, ...granted]);
    expect(Object.values(annotations)).toEqual([
      { "istio.io/dry-run": "true" },
      { "istio.io/dry-run": "true" },
    ]);
    const one = outcome([
      config({ mode: "ON" }),
      web,
      role("r", rules),
      binding("r", [{ user: "u" }], { mode: "PERMISSIVE" }),
    ]);
    expect(one.annotations[`AuthorizationPolicy ${ROLE}-dry-run`]).toEqual({ "istio.io/dry-run": "true" });
    expect(one.specs).not.toHaveProperty(`AuthorizationPolicy ${ROLE}`);
  });
});

describe("roles and bindings", () => {
  const on = config({ mode: "ON" });
  const convert = (
    rule: object,
    subjects: object[],
    options: MigrateOptions = {},
    services: string[] = [service("web")],
  ) => {
    const { specs: all, notes: said } = outcome(
      [on, ...services, role("r", [rule]), binding("r", subjects)],
      options,
    );
    const policies = Object.fromEntries(
      Object.entries(all).filter(([name]) => !name.includes("istio-system")),
    );
    return { policies, said, first: (Object.values(policies)[0] as { rules: object[] } | undefined)?.rules };
  };
  const everybody = [{ user: "*" }];

  it("subjects are rules: users, addresses, namespaces and the rest as conditions, in order", () => {
    const subjects = [
      {
        user: "cluster.local/ns/a/sa/b",
        group: "admins",
        properties: {
          "source.ip": "10.0.0.0/8",
          "source.namespace": "a",
          "request.auth.principal": "i/s",
          "request.headers[x-v]": "1",
          "request.auth.audiences": "aud",
        },
      },
      { user: "other" },
    ];
    expect(convert({ services: ["web"] }, subjects).first).toEqual([
      {
        from: [
          {
            source: {
              principals: ["cluster.local/ns/a/sa/b"],
              ipBlocks: ["10.0.0.0/8"],
              namespaces: ["a"],
              requestPrincipals: ["i/s"],
            },
          },
        ],
        when: [
          { key: "request.auth.audiences", values: ["aud"] },
          { key: "request.auth.claims[group]", values: ["admins"] },
          { key: "request.headers[x-v]", values: ["1"] },
        ],
      },
      { from: [{ source: { principals: ["other"] } }] },
    ]);
  });

  it("a user and a source.principal had both to be it", () => {
    expect(
      convert({ services: ["web"] }, [{ user: "u", properties: { "source.principal": "p" } }]).first,
    ).toEqual([
      { from: [{ source: { principals: ["u"] } }], when: [{ key: "source.principal", values: ["p"] }] },
    ]);
    expect(
      convert({ services: ["web"] }, [{ user: "*", properties: { "source.principal": "*" } }]).first,
    ).toEqual([{ from: [{ source: { principals: ["*"] } }] }]);
  });

  it("`*` asks for any value, unless one wants it as istioctl had it", () => {
    const subjects = [
      { user: "*", group: "*", properties: { "request.auth.principal": "*", "source.namespace": "*" } },
    ];
    const rule = {
      services: ["web"],
      methods: ["*"],
      paths: ["*"],
      constraints: [{ key: "request.headers[x]", values: ["*"] }],
    };
    expect(convert(rule, subjects).first).toEqual([
      {
        from: [{ source: { requestPrincipals: ["*"], namespaces: ["*"] } }],
        when: [
          { key: "request.auth.claims[group]", values: ["*"] },
          { key: "request.headers[x]", values: ["*"] },
        ],
      },
    ]);
    const dropped = convert(rule, subjects, { dropWildcards: true });
    expect(dropped.first).toEqual([{}]);
    expect(dropped.said.filter((one) => one.startsWith("changed"))).toHaveLength(4);
  });

  it("operations are kept, with what istioctl's converter forgot", () => {
    const rule = {
      services: ["web"],
      hosts: ["a"],
      notHosts: ["b"],
      paths: ["/x"],
      not_paths: ["/x/y"],
      methods: ["GET", "*"],
      notMethods: ["PUT"],
      ports: [80],
      notPorts: [81],
    };
    expect(convert(rule, everybody).first).toEqual([
      {
        to: [
          {
            operation: {
              hosts: ["a"],
              notHosts: ["b"],
              paths: ["/x"],
              notPaths: ["/x/y"],
              notMethods: ["PUT"],
              ports: ["80"],
              notPorts: ["81"],
            },
          },
        ],
      },
    ]);
    const port = { services: ["web"], constraints: [{ key: "destination.port", values: ["80", "90"] }] };
    expect(convert(port, everybody).first).toEqual([{ to: [{ operation: { ports: ["80", "90"] } }] }]);
  });

  it.each([
    [
      { key: "destination.ip", values: ["10.0.0.1"] },
      /destination\.ip is no longer supported in v1beta1 authorization policy/,
    ],
    [
      { key: "destination.user", values: ["u"] },
      /destination\.user is no longer supported in v1beta1 authorization policy/,
    ],
    [{ key: "destination.namespace", values: ["bar"] }, /never held in the namespace foo/],
    [{ key: "destination.namespace", values: ["fo", "ba*", "*ar"] }, /never held in the namespace foo/],
    [{ key: "no.such.key", values: ["u"] }, /no\.such\.key is not known today/],
    [{ key: "destination.labels", values: ["u"] }, /destination\.labels is not known today/],
    [{ key: "destination.labels[]", values: ["u"] }, /destination\.labels\[\] is not known today/],
    [
      { key: "destination.labels[app]", values: ["other"] },
      /duplicate workload label "app" with conflict values: "web", "other"/,
    ],
  ])("%j leaves the rule out", (constraint, message) => {
    const { policies, said } = convert({ services: ["web"], constraints: [constraint] }, everybody);
    expect(policies).toEqual({});
    expect(said.join("\n")).toMatch(message);
  });

  it.each([
    [{ properties: { "no.such.key": "v" } }, /no\.such\.key is not known today/],
    [{ properties: { constructor: "v" } }, /constructor is not known today/],
    [{ groups: ["g"] }, /groups have no equal today/],
    [{ user: "u", names: ["v"] }, /names/],
  ])("the subject %j is left out, not let in", (subject, message) => {
    const { policies, said } = convert({ services: ["web"] }, [subject]);
    expect(policies).toEqual({});
    expect(said[0]).toMatch(message);
    expect(convert({ services: ["web"] }, [subject, { user: "ok" }]).first).toEqual([
      { from: [{ source: { principals: ["ok"] } }] },
    ]);
  });

  it("lists of the last versions are kept", () => {
    expect(
      convert({ services: ["web"] }, [
        { names: ["a"], notNames: ["b"], namespaces: ["n"], ips: ["10.0.0.1"], notIps: ["10.0.0.2"] },
      ]).first,
    ).toEqual([
      {
        from: [
          {
            source: {
              principals: ["a"],
              notPrincipals: ["b"],
              namespaces: ["n"],
              ipBlocks: ["10.0.0.1"],
              notIpBlocks: ["10.0.0.2"],
            },
          },
        ],
      },
    ]);
  });

  it("labels of the destination join the Service's, each value for itself", () => {
    const constraints = [
      { key: "destination.labels[env]", values: ["a", "b"] },
      { key: "destination.labels[app]", values: ["web"] },
    ];
    const { policies } = convert({ services: ["web"], constraints }, everybody);
    expect(
      Object.entries(policies).map(([name, spec]) => [
        name.slice(-7),
        (spec as { selector: object }).selector,
      ]),
    ).toEqual([
      ["target0", { matchLabels: { app: "web", env: "a" } }],
      ["target1", { matchLabels: { app: "web", env: "b" } }],
    ]);
  });

  it("labels of the destination narrow a rule that names no service, too", () => {
    const constraints = [{ key: "destination.labels[env]", values: ["a"] }];
    const spec = { selector: { matchLabels: { env: "a" } }, rules: [{}] };
    expect(convert({ constraints }, everybody).policies).toEqual({
      "AuthorizationPolicy foo/generated-r-rule0-target0": spec,
    });
    expect(convert({ services: ["*"], constraints }, everybody).policies).toEqual({
      "AuthorizationPolicy foo/generated-r-rule0-svc0-target0": spec,
    });
  });

  it.each(["foo", "*", "f*", "*oo"])("the namespace %s of the destination is that of the role", (value) => {
    const constraints = [{ key: "destination.namespace", values: ["bar", value] }];
    expect(convert({ services: ["web"], constraints }, everybody).first).toEqual([{}]);
  });

  it("services may be patterns, all, or none", () => {
    const services = ["web-a", "web-b", "db-a"].map((name) => service(name));
    const names = (pattern: string[]) =>
      Object.entries(convert({ services: pattern }, everybody, {}, services).policies).map(([name, spec]) => [
        name.replace("AuthorizationPolicy foo/generated-r-rule0", ""),
        (spec as { selector?: { matchLabels: { app: string } } }).selector?.matchLabels.app,
      ]);
    expect(names(["web-*"])).toEqual([
      ["-svc0-target0", "web-a"],
      ["-svc0-target1", "web-b"],
    ]);
    expect(names(["*-a", "web-b"])).toEqual([
      ["-svc0-target0", "db-a"],
      ["-svc0-target1", "web-a"],
      ["-svc1-target0", "web-b"],
    ]);
    expect(names(["*.foo.svc.cluster.local"])).toHaveLength(3);
    expect(names(["*"])).toEqual([["-svc0-target0", undefined]]);
    expect(names([])).toEqual([["", undefined]]);
  });

  it.each([
    ["none", service("web"), /no Service of the namespace foo is "none"/],
    ["web.bar.svc.cluster.local", service("web"), /no Service of the namespace foo is "web\.bar/],
    ["bare", object("v1", "Service", "bare", "foo", {}), /no selector/],
  ])("the service %s gives nothing, whatever labels are asked for", (name, known, message) => {
    const rule = { services: [name], constraints: [{ key: "destination.labels[env]", values: ["a"] }] };
    const { policies, said } = convert(rule, everybody, {}, [known]);
    expect(policies).toEqual({});
    expect(said[0]).toMatch(message);
  });

  it("a role without binding, and a binding without role, are lost", () => {
    const said = notes([on, role("r", [{ services: ["*"] }]), binding("other", everybody)]);
    expect(said).toEqual([
      "lost: ServiceRoleBinding foo/other-binding: there is no ServiceRole foo/other; the binding is left out",
      "lost: ServiceRole foo/r: no ServiceRoleBinding gives it to anybody; it is left out",
    ]);
  });

  it("what Istio refused, or what would be wider today, is said", () => {
    const rule = { services: ["web"] };
    for (const subject of [{}, { user: "", properties: {} }, { names: [] }])
      expect(convert(rule, [subject])).toMatchObject({
        policies: {},
        said: [expect.stringMatching(/^error: .*for everybody/)],
      });
    expect(convert(rule, [{ properties: { "source.ip": "*" } }]).policies).toEqual({});
    const { specs: all, notes: said } = outcome([
      on,
      service("web"),
      role("r", [rule]),
      binding("r", everybody).replace('"ServiceRole"', '"Role"'),
    ]);
    expect(Object.keys(all)).toEqual(["AuthorizationPolicy istio-system/generated-global-deny-all"]);
    expect(said[0]).toMatch(/^lost: .*its roleRef is a Role/);
    const constrained = (values: string[]) => ({
      ...rule,
      constraints: [{ key: "destination.labels[v]", values }],
    });
    expect(convert(constrained(["v*"]), everybody).said.at(-1)).toMatch(
      /^error: .*cannot be said by a selector/,
    );
    expect(convert(constrained([]), everybody).said.at(-1)).toMatch(/^error: .*has no values/);
  });

  it("a Service is its workloads with all their ports", () => {
    const other = (port: number) => service("admin", { app: "web" }, [{ name: "http", port }]);
    const web = service("web", undefined, [{ name: "http", port: 80 }]);
    const rule = { services: ["web"] };
    expect(convert(rule, everybody, {}, [web, other(80)]).said).toEqual([]);
    expect(convert(rule, everybody, {}, [web, other(9000)]).said[0]).toMatch(
      /^changed: .*for all ports of its workloads today, those of Service foo\/admin too/,
    );
    const excluded = config({ mode: "ON_WITH_EXCLUSION", exclusion: { services: ["web.foo"] } });
    expect(notes([excluded, web, other(9000)])[0]).toMatch(/^changed: .*those of Service foo\/admin too/);
  });

  it("several bindings of a role are rules of one policy", () => {
    const second = binding("r", [{ user: "b" }]).replace("r-binding", "r-second");
    const all = specs([
      on,
      service("web"),
      role("r", [{ services: ["web"] }]),
      binding("r", [{ user: "a" }]),
      second,
    ]);
    expect(
      (all["AuthorizationPolicy foo/generated-r-rule0-svc0-target0"] as { rules: object[] }).rules,
    ).toHaveLength(2);
  });
});

describe("names that collide", () => {
  it("are an error", () => {
    const spec = { peers: [{ mtls: {} }] };
    const documents = [
      policy({ ...spec, targets: [{ name: "a" }, { name: "b" }] }, "p"),
      policy({ ...spec, targets: [{ name: "c" }] }, "p-a"),
      service("a"),
      service("b"),
      service("c"),
    ];
    expect(notes(documents).at(-1)).toMatch(/^error: PeerAuthentication foo\/p-a: is there twice/);
  });
});
