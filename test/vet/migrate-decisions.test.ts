import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate, yamlOf } from "../../harness/migrate/index.js";
import { resourcesOf } from "../../harness/resources/index.js";
import { generate, Rig } from "../generate/rig.js";

/*
 * Random sets of old resources, decided in two ways: by an evaluator that reads them as Istio 1.4 documented them, and by the
 * filter rbac with what the migration has made of them.
 */

interface Constraint {
  readonly key: string;
  readonly values: readonly string[];
}

interface Rule {
  readonly services?: readonly string[] | undefined;
  readonly paths?: readonly string[] | undefined;
  readonly notPaths?: readonly string[] | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly notMethods?: readonly string[] | undefined;
  readonly constraints?: readonly Constraint[] | undefined;
}

interface Subject {
  readonly user?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

interface Role {
  readonly rules: readonly Rule[];
  readonly subjects: readonly Subject[];
  readonly mode: "ENFORCED" | "PERMISSIVE";
  readonly isBound: boolean;
}

interface Targets {
  readonly services?: readonly string[];
  readonly namespaces?: readonly string[];
}

interface Old {
  readonly mode: "OFF" | "ON" | "ON_WITH_INCLUSION" | "ON_WITH_EXCLUSION";
  readonly target: Targets;
  readonly enforcementMode: "ENFORCED" | "PERMISSIVE";
  readonly roles: readonly Role[];
}

interface Request {
  readonly path: string;
  readonly method: string;
  readonly x: string | undefined;
}

/** The workload that is asked, and the Service that it is behind. */
const LABELS: Readonly<Record<string, string>> = { app: "web", version: "v1" };
const HOST = "web.foo.svc.cluster.local";
const SOURCE = "127.0.0.1";

const REQUESTS: readonly Request[] = ["/", "/a", "/a/b", "/admin"].flatMap((path) =>
  ["GET", "POST"].flatMap((method) => [undefined, "1", "2"].map((x) => ({ path, method, x }))),
);

function matches(pattern: string, value: string): boolean {
  if (pattern === "*") return value !== "";
  if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}

function attribute(key: string, { x }: Request): string {
  if (key === "request.headers[x]") return x ?? "";
  const [, label = ""] = /^destination\.labels\[(.+)\]$/.exec(key) ?? [];
  return LABELS[label] ?? "";
}

/** Whether the old resources let a request pass. */
function allowed({ mode, target, enforcementMode, roles }: Old, request: Request): boolean {
  const isNamed = (target.namespaces ?? []).includes("foo") || (target.services ?? []).includes(HOST);
  const isOn = mode === "ON" || mode === (isNamed ? "ON_WITH_INCLUSION" : "ON_WITH_EXCLUSION");
  if (!isOn || enforcementMode === "PERMISSIVE") return true;
  const some = (patterns: readonly string[] | undefined, value: string) =>
    patterns === undefined || patterns.some((pattern) => matches(pattern, value));
  const none = (patterns: readonly string[] | undefined, value: string) =>
    patterns === undefined || !some(patterns, value);
  return roles.some(
    ({ rules, subjects, mode: of, isBound }) =>
      isBound &&
      of === "ENFORCED" &&
      rules.some(
        (rule) =>
          some(rule.services, HOST) &&
          some(rule.paths, request.path) &&
          none(rule.notPaths, request.path) &&
          some(rule.methods, request.method) &&
          none(rule.notMethods, request.method) &&
          (rule.constraints ?? []).every(({ key, values }) => some(values, attribute(key, request))),
      ) &&
      subjects.some(
        ({ user, properties = {} }) =>
          (user === undefined || user === "*") &&
          Object.entries(properties).every(([key, value]) =>
            key === "source.ip" ? value === SOURCE : matches(value, attribute(key, request)),
          ),
      ),
  );
}

/** Numbers that are the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

function oldSet(seed: number): Old {
  const number = random(seed * 7919 + 1);
  const pick = <Value>(...values: readonly [Value, ...Value[]]): Value => values[number(values.length)]!;
  const maybe = <Value>(value: Value): Value | undefined => (number(3) === 0 ? value : undefined);
  const plain = <Type extends object>(value: Type): Type => JSON.parse(JSON.stringify(value)) as Type;
  const rule = (): Rule =>
    plain({
      services: pick(undefined, ["*"], [HOST], ["we*"], ["other.foo.svc.cluster.local"], [HOST, "other*"]),
      paths: maybe(pick(["/a"], ["/a*"], ["*/b", "/"], ["*"], ["*", "/a"])),
      notPaths: maybe(pick(["/admin"], ["/a*"], ["*"])),
      methods: pick(["GET"], ["*"], ["GET", "POST"], undefined),
      notMethods: maybe(["POST"]),
      constraints: maybe(
        pick(
          [{ key: "request.headers[x]", values: ["1"] }],
          [{ key: "request.headers[x]", values: ["*"] }],
          [{ key: "destination.labels[version]", values: ["v1"] }],
          [{ key: "destination.labels[version]", values: ["v2", "v3"] }],
          [
            { key: "destination.labels[version]", values: ["v1", "v2"] },
            { key: "request.headers[x]", values: ["1", "2"] },
          ],
        ),
      ),
    });
  const subject = (): Subject =>
    pick<Subject>(
      { user: "*" },
      { user: "cluster.local/ns/foo/sa/x" },
      { properties: { "request.headers[x]": "1" } },
      { properties: { "request.headers[x]": "*" } },
      { properties: { "source.ip": SOURCE } },
      { user: "*", properties: { "source.ip": "192.0.2.1", "request.headers[x]": "2" } },
    );
  const several = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make);
  return {
    mode: pick("OFF", "ON", "ON", "ON", "ON_WITH_INCLUSION", "ON_WITH_INCLUSION", "ON_WITH_EXCLUSION"),
    target: pick<Targets>(
      {},
      { services: [HOST] },
      { namespaces: ["foo"] },
      { services: ["other.foo.svc.cluster.local"] },
      { services: [HOST], namespaces: ["bar"] },
    ),
    enforcementMode: number(8) === 0 ? "PERMISSIVE" : "ENFORCED",
    roles: several(1 + number(3), () => ({
      rules: several(1 + number(2), rule),
      subjects: several(1 + number(2), subject),
      mode: number(6) === 0 ? "PERMISSIVE" : "ENFORCED",
      isBound: number(6) > 0,
    })),
  };
}

function documentsOf({ mode, target, enforcementMode, roles }: Old): string {
  const object = (apiVersion: string, kind: string, name: string, spec: object, isWide = false) =>
    JSON.stringify({ apiVersion, kind, metadata: { name, ...(!isWide && { namespace: "foo" }) }, spec });
  const rbac = "rbac.istio.io/v1alpha1";
  const service = (name: string) =>
    object("v1", "Service", name, { selector: { app: name }, ports: [{ name: "http", port: 80 }] });
  const targets = { ON_WITH_INCLUSION: { inclusion: target }, ON_WITH_EXCLUSION: { exclusion: target } };
  return [
    service("web"),
    service("other"),
    object(
      rbac,
      "ClusterRbacConfig",
      "default",
      { mode, enforcementMode, ...(targets as Record<string, object>)[mode] },
      true,
    ),
    ...roles.flatMap(({ rules, subjects, mode: of, isBound }, index) => {
      const name = `r${index}`;
      const spec = { subjects, mode: of, roleRef: { kind: "ServiceRole", name } };
      const role = object(rbac, "ServiceRole", name, { rules });
      return isBound ? [role, object(rbac, "ServiceRoleBinding", name, spec)] : [role];
    }),
  ].join("\n---\n");
}

/** More are for those who change the migration. */
const COUNT = Number(process.env.TREMULA_MIGRATION_SETS ?? 40);
const SETS = Array.from({ length: COUNT }, (_, seed) => oldSet(seed));

describe("what is migrated decides as before", () => {
  let rig: Rig | undefined;
  const migrated = SETS.map((old) => migrate(resourcesOf(documentsOf(old))));

  beforeAll(async () => {
    const configs = migrated.map(({ written }, index) => {
      const options = { labels: LABELS, namespace: "foo" };
      return [`set ${index}`, generate(yamlOf(written), "envoy", options).text] as const;
    });
    rig = await Rig.start(Object.fromEntries(configs));
  });
  afterAll(() => rig?.stop());

  it.each(SETS.map((old, index) => [index, old] as const))("set %i", async (index, old) => {
    const { notes } = migrated[index]!;
    // What is left out by an error allows less, and is said.
    const isLess = notes.some(({ kind }) => kind === "error");
    expect(notes.filter(({ kind }) => kind === "changed")).toEqual([]);
    for (const request of REQUESTS) {
      const headers = request.x === undefined ? {} : { x: request.x };
      const status = await rig!.ask(`set ${index}`, request.path, headers, request.method);
      const expected = allowed(old, request);
      const context = JSON.stringify({
        old,
        request,
        written: migrated[index]!.written.map(({ spec }) => spec),
      });
      if (!isLess || !expected) expect(status !== 403, context).toBe(expected);
    }
  });

  it("and the sets have both answers", () => {
    const answers = SETS.flatMap((old) => REQUESTS.map((request) => allowed(old, request)));
    const share = answers.filter((answer) => answer).length / answers.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
  });
});
