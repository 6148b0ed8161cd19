import { describe, expect, it } from "vitest";
import {
  filesOf,
  mtlsPlan,
  planText,
  yamlOf,
  type MtlsPlanOptions,
  type Phase,
} from "../../harness/migrate/index.js";
import { after } from "../../harness/migrate/mtls-state.js";
import { resourcesOf, type Resources } from "../../harness/resources/index.js";
import { Mesh } from "../../harness/vet/mesh.js";
import { deployment, destinationRule, namespace, object, peerAuthentication, pod, service } from "./found.js";

const read = (documents: readonly string[]): Resources =>
  resourcesOf(documents.join("\n---\n"), { file: "f.yaml" });
const plan = (documents: readonly string[], options?: MtlsPlanOptions) => mtlsPlan(read(documents), options);
const names = (phases: readonly Phase[]) => phases.map(({ namespace, name }) => `${namespace} ${name}`);
const phase = (phases: readonly Phase[], name: Phase["name"]): Phase =>
  phases.find((one) => one.name === name)!;
const specs = ({ apply }: Phase) =>
  Object.fromEntries(apply.map(({ metadata, spec }) => [metadata.name, spec]));

const web = [deployment("web"), service("web", [{ name: "http", port: 80, targetPort: 8080 }])];
const selector = { matchLabels: { app: "web" } };

describe("the plan of a namespace", () => {
  it("goes from PERMISSIVE to STRICT, and then to the mesh", () => {
    const { phases, excluded } = plan(web);
    expect(names(phases)).toEqual([
      "prod permissive",
      "prod observe",
      "prod workloads",
      "prod namespace",
      "istio-system mesh",
    ]);
    expect(specs(phases[0]!)).toEqual({ default: { mtls: { mode: "PERMISSIVE" } } });
    expect(phases[0]!.rollback).toEqual({ yaml: "", remove: ["PeerAuthentication/default"] });
    expect(specs(phases[2]!)).toEqual({ "web-strict": { selector, mtls: { mode: "STRICT" } } });
    expect(specs(phases[3]!)).toEqual({ default: { mtls: { mode: "STRICT" } } });
    expect(phases[3]!.remove).toEqual(["PeerAuthentication/web-strict"]);
    expect(phases[3]!.rollback.yaml).toContain("mode: PERMISSIVE");
    expect(phases[3]!.rollback.yaml).toContain("name: web-strict");
    expect(specs(phases[4]!)).toEqual({ default: { mtls: { mode: "STRICT" } } });
    expect(excluded).toEqual([]);
  });

  it("is for the namespaces that are named, and then not for the mesh", () => {
    const dev = [deployment("api", { metadata: { namespace: "dev" } })];
    expect(names(plan([...web, ...dev]).phases)).toContain("dev permissive");
    expect(names(plan([...web, ...dev], { namespaces: ["dev"] }).phases)).toEqual([
      "dev permissive",
      "dev observe",
      "dev workloads",
      "dev namespace",
    ]);
    expect(plan([]).phases).toEqual([]);
  });

  it("is nothing where mTLS is required already, by whatever scope", () => {
    const strict = (namespace: string) =>
      peerAuthentication("default", { mtls: { mode: "STRICT" } }, { namespace });
    expect(names(plan([...web, strict("prod")]).phases)).toEqual(["istio-system mesh"]);
    expect(plan([...web, strict("istio-system")]).phases).toEqual([]);
  });

  it("changes the policies that are there, because of two the older is obeyed", () => {
    const old = peerAuthentication(
      "ours",
      { mtls: { mode: "DISABLE" } },
      { creationTimestamp: "2020-01-01T00:00:00Z" },
    );
    const newer = peerAuthentication(
      "newer",
      { mtls: { mode: "STRICT" } },
      { creationTimestamp: "2024-01-01T00:00:00Z" },
    );
    const own = peerAuthentication(
      "web-own",
      { selector, mtls: { mode: "DISABLE" }, portLevelMtls: { 8080: { mode: "DISABLE" } } },
      { labels: { team: "a" } },
    );
    const { phases } = plan([...web, old, newer, own]);
    const [first] = phases;
    expect(specs(first!)).toEqual({
      ours: { mtls: { mode: "PERMISSIVE" } },
      "web-own": { selector, mtls: { mode: "PERMISSIVE" }, portLevelMtls: { 8080: { mode: "PERMISSIVE" } } },
    });
    expect(first!.apply[1]!.metadata.labels).toEqual({ team: "a" });
    expect(first!.remove).toEqual(["PeerAuthentication/newer"]);
    expect(first!.rollback.remove).toEqual([]);
    expect(
      resourcesOf(first!.rollback.yaml)
        .all.map(({ name }) => name)
        .sort(),
    ).toEqual(["newer", "ours", "web-own"]);
    expect(Object.keys(specs(phase(phases, "workloads")))).toEqual(["web-own"]);
  });

  it("takes from DestinationRules what keeps clients from mTLS, where every workload has a sidecar", () => {
    const trafficPolicy = {
      tls: { mode: "DISABLE" },
      loadBalancer: { simple: "RANDOM" },
      portLevelSettings: [{ port: { number: 80 }, tls: { mode: "ISTIO_MUTUAL" } }],
    };
    const rule = destinationRule("web", { host: "web", trafficPolicy }, { labels: { team: "a" } });
    const { apply, rollback } = phase(plan([...web, rule]).phases, "clients");
    expect(apply[0]).toMatchObject({
      kind: "DestinationRule",
      metadata: { name: "web", labels: { team: "a" } },
    });
    expect(apply[0]!.spec).toEqual({
      host: "web",
      trafficPolicy: {
        loadBalancer: { simple: "RANDOM" },
        portLevelSettings: trafficPolicy.portLevelSettings,
      },
    });
    expect(resourcesOf(rollback.yaml).all[0]!.spec).toEqual({ host: "web", trafficPolicy });
    const bare = object("apps/v1", "Deployment", "web-old", {
      template: { metadata: { labels: { app: "web", "sidecar.istio.io/inject": "false" } }, spec: {} },
    });
    const plain = destinationRule("web", { host: "web", trafficPolicy: { tls: { mode: "DISABLE" } } });
    const mixed = plan([...web, plain, bare]);
    expect(names(mixed.phases)).not.toContain("prod clients");
    expect(mixed.excluded).toEqual([
      {
        workload: "Deployment prod/web-old",
        reason: "it has no sidecar: PeerAuthentication does nothing there",
      },
    ]);
    // What could not be changed is in the way of STRICT.
    expect(phase(mixed.phases, "observe").blocking.map(({ id }) => id)).toEqual(["MT001"]);
  });

  it("keeps the ports of probes open", () => {
    const probed = deployment("web", {
      annotations: { "sidecar.istio.io/rewriteAppHTTPProbers": "false" },
      container: {
        readinessProbe: { httpGet: { port: 9000 } },
        livenessProbe: { tcpSocket: { port: "adm" } },
        ports: [{ name: "adm", containerPort: 9001 }],
      },
    });
    const { phases } = plan([probed]);
    const open = { 9000: { mode: "PERMISSIVE" }, 9001: { mode: "PERMISSIVE" } };
    expect(specs(phase(phases, "workloads"))).toEqual({
      "web-strict": { selector, mtls: { mode: "STRICT" }, portLevelMtls: open },
    });
    expect(phase(phases, "namespace").remove).toEqual([]);
    expect(phases.flatMap(({ blocking }) => blocking)).toEqual([]);
  });

  it("has one policy for a Deployment and its pods, as kubectl gives both", () => {
    const replicas = ["web-1", "web-2"].map((name) => pod(name, { app: "web" }));
    const alone = ["job-1", "job-2"].map((name) => pod(name, { app: "job" }));
    const made = specs(phase(plan([...replicas, ...alone, ...web]).phases, "workloads"));
    expect(made).toEqual({
      "job-1-strict": { selector: { matchLabels: { app: "job" } }, mtls: { mode: "STRICT" } },
      "web-strict": { selector, mtls: { mode: "STRICT" } },
    });
  });

  it("forgets none of two workloads that are called the same, nor a policy's own name", () => {
    const stateful = deployment("web", { labels: { app: "db" } }).replace('"Deployment"', '"StatefulSet"');
    const other = peerAuthentication("web-strict", {
      selector: { matchLabels: { app: "other" } },
      mtls: { mode: "PERMISSIVE" },
    });
    const of = (documents: string[]) =>
      Object.entries(specs(phase(plan(documents).phases, "workloads"))).map(([name, spec]) => [
        name,
        (spec["selector"] as typeof selector).matchLabels.app,
      ]);
    expect(of([...web, stateful])).toEqual([
      ["web-strict", "web"],
      ["web-statefulset-strict", "db"],
    ]);
    expect(of([...web, other])).toEqual([["web-deployment-strict", "web"]]);
  });

  it("keeps the probes' ports of all workloads that one policy is for", () => {
    const probed = (name: string, port: number) =>
      deployment(name, {
        annotations: { "sidecar.istio.io/rewriteAppHTTPProbers": "false" },
        labels: { app: "web" },
        container: { readinessProbe: { httpGet: { port } } },
      });
    const ours = peerAuthentication("ours", { selector, mtls: { mode: "PERMISSIVE" } });
    const { phases } = plan([probed("a", 9000), probed("b", 9001), ours]);
    expect(specs(phase(phases, "workloads"))["ours"]).toMatchObject({
      portLevelMtls: { 9000: { mode: "PERMISSIVE" }, 9001: { mode: "PERMISSIVE" } },
    });
    expect(phases.flatMap(({ blocking }) => blocking)).toEqual([]);
  });

  it("is blocked by clients that still send plain text", () => {
    const metrics =
      'istio_requests_total{reporter="destination",destination_workload_namespace="prod",destination_workload="web",source_workload="cron",connection_security_policy="none"} 7\n';
    const { phases } = plan(web, { metrics });
    expect(phases.map(({ name, blocking }) => [name, blocking.map(({ id }) => id)])).toEqual([
      ["permissive", []],
      ["observe", ["MT005"]],
      ["workloads", ["MT005"]],
      ["namespace", ["MT005"]],
      ["mesh", ["MT005"]],
    ]);
    expect(phases[1]!.blocking[0]!.message).toContain("7 requests or connections without mTLS from cron");
  });

  const own = (name: string, mode: string, labels: object, year: number) =>
    peerAuthentication(
      name,
      { selector: { matchLabels: labels }, mtls: { mode } },
      { creationTimestamp: `${year}-01-01T00:00:00Z` },
    );

  it("does not take back what is required already", () => {
    const documents = [
      ...web,
      deployment("api"),
      peerAuthentication("default", { mtls: { mode: "STRICT" } }),
      own("exception", "DISABLE", { app: "api" }, 2020),
    ];
    const { phases } = plan(documents);
    expect(specs(phases[0]!)).toEqual({
      exception: { selector: { matchLabels: { app: "api" } }, mtls: { mode: "PERMISSIVE" } },
    });
    expect(specs(phase(phases, "workloads"))).toEqual({
      exception: { selector: { matchLabels: { app: "api" } }, mtls: { mode: "STRICT" } },
    });
  });

  it("keeps the policy that stands before another for the same workload", () => {
    const documents = [
      ...web,
      own("a-newer", "DISABLE", { app: "web" }, 2022),
      own("z-older", "PERMISSIVE", { app: "web" }, 2021),
    ];
    const { phases } = plan(documents);
    expect(specs(phase(phases, "workloads"))).toEqual({ "z-older": { selector, mtls: { mode: "STRICT" } } });
    expect(phase(phases, "namespace").remove).toEqual([]);
  });

  it("is for namespaces with a revision, too", () => {
    const bare = object("apps/v1", "Deployment", "web", {
      template: { metadata: { labels: { app: "web" } }, spec: {} },
    });
    expect(names(plan([bare, namespace("prod", { "istio.io/rev": "canary" })]).phases)).toContain(
      "prod workloads",
    );
  });

  it("leaves every workload with the mode that each phase promises, and rollbacks lead back", () => {
    const documents = [...web, peerAuthentication("own", { selector, mtls: { mode: "DISABLE" } })];
    const start = read(documents);
    let state = start;
    const modeOf = (resources: Resources) => {
      const mesh = new Mesh(resources);
      return mesh.mtlsOf(mesh.workloads[0]!, 8080).mode;
    };
    const modes: string[] = [];
    for (const { namespace, apply, remove, rollback } of mtlsPlan(start).phases) {
      const removed = (from: Resources, what: readonly string[]) =>
        from.all.filter(
          (one) => one.namespace === namespace && what.includes(`${one.kind.kind}/${one.name}`),
        );
      const before = state;
      state = after(before, { apply, remove: removed(before, remove) });
      modes.push(modeOf(state));
      const back = resourcesOf(rollback.yaml).all;
      const undone = after(state, { apply: [], remove: removed(state, rollback.remove) });
      const all = [...undone.all.filter((one) => !back.some(({ title }) => title === one.title)), ...back];
      const brief = (list: Resources["all"]) =>
        list.map(({ title, spec }) => JSON.stringify([title, spec])).sort();
      expect(brief(all)).toEqual(brief(before.all));
    }
    expect(modes).toEqual(["PERMISSIVE", "PERMISSIVE", "STRICT", "STRICT", "STRICT"]);
  });
});

describe("the plans of random namespaces", () => {
  type Document = { kind: string; metadata: Record<string, unknown>; spec?: object };
  const idOf = ({ kind, metadata }: Document) => `${kind}/${String(metadata["name"])}`;
  const MODES = ["STRICT", "PERMISSIVE", "DISABLE", "UNSET"];

  /** A namespace with workloads and policies, as the API server has them. */
  function namespaceOf(seed: number): Document[] {
    let state = seed * 7919 + 1;
    const number = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >> 8) % below;
    };
    const pick = <Value>(...values: Value[]): Value => values[number(values.length)]!;
    const policy = (name: string, spec: object, ns = "prod"): string =>
      peerAuthentication(name, spec as Record<string, unknown>, {
        namespace: ns,
        creationTimestamp: new Date(1.7e12 + number(1e6) * 1e5).toISOString(),
      });
    const mtls = () => ({ mode: pick(...MODES) });
    const apps = ["a", "b", "c"].slice(0, 1 + number(3));
    const documents = [
      ...apps.map((app) =>
        deployment(app, {
          labels: { tier: pick("1", "2") },
          annotations: number(3) === 0 ? { "sidecar.istio.io/rewriteAppHTTPProbers": "false" } : {},
          container: {
            ports: [{ name: "m", containerPort: 9090 }],
            livenessProbe: { httpGet: { port: pick<number | string>(8080, "m") } },
          },
        }),
      ),
      ...apps
        .filter(() => number(2) === 0)
        .map((app) =>
          policy(`${app}${pick("", "-strict")}`, {
            selector: { matchLabels: pick<object>({ app }, { tier: "1" }, { app, tier: "1" }) },
            ...(number(4) > 0 && { mtls: mtls() }),
            ...(number(2) === 0 && { portLevelMtls: { [pick(8080, 9090)]: mtls() } }),
          }),
        ),
      ...["default", "all"].filter(() => number(2) === 0).map((name) => policy(name, { mtls: mtls() })),
      ...(number(2) === 0 ? [policy("default", { mtls: mtls() }, "istio-system")] : []),
    ];
    return documents.map((text) => JSON.parse(text) as Document);
  }

  /** What `kubectl` makes of it: what is changed keeps its age, what is new is the youngest. */
  function applied(state: Document[], ns: string, yaml: string, remove: readonly string[]): Document[] {
    const isIn = (one: Document) => (one.metadata["namespace"] ?? "") === ns;
    const written = resourcesOf(yaml).all.map(({ raw }) => structuredClone(raw) as unknown as Document);
    let result = state.filter((one) => !(isIn(one) && remove.includes(idOf(one))));
    for (const one of written) {
      const there = result.find(
        (other) => idOf(other) === idOf(one) && other.metadata["namespace"] === one.metadata["namespace"],
      );
      const creationTimestamp =
        there?.metadata["creationTimestamp"] ?? `20${90 + (result.length % 10)}-01-01T00:00:00Z`;
      result = [
        ...result.filter((other) => other !== there),
        { ...one, metadata: { ...one.metadata, creationTimestamp } },
      ];
    }
    return result;
  }

  function modesOf(state: readonly Document[]): Map<string, string> {
    const mesh = new Mesh(read(state.map((one) => JSON.stringify(one))));
    const ports = [8080, 9090, 1234];
    return new Map(
      mesh.workloads.flatMap((workload) =>
        ports.map((port) => [`${workload.at.name}:${port}`, mesh.mtlsOf(workload, port).mode] as const),
      ),
    );
  }

  it("cut nobody off before their time, take nothing back, and lead back", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      let state = namespaceOf(seed);
      for (const one of mtlsPlan(read(state.map((text) => JSON.stringify(text)))).phases) {
        if (one.blocking.length > 0) break;
        const before = modesOf(state);
        const next = applied(state, one.namespace, yamlOf(one.apply), one.remove);
        for (const [port, mode] of modesOf(next)) {
          const was = before.get(port);
          if (mode === was) continue;
          seen.add(one.name);
          const closes = ["workloads", "namespace", "mesh"].includes(one.name);
          expect([seed, one.name, port, was, mode]).toEqual(
            closes
              ? [seed, one.name, port, was, "STRICT"]
              : [seed, "permissive", port, "DISABLE", "PERMISSIVE"],
          );
        }
        const undone = applied(next, one.namespace, one.rollback.yaml, one.rollback.remove);
        expect([seed, one.name, ...modesOf(undone)]).toEqual([seed, one.name, ...before]);
        state = next;
      }
    }
    expect([...seen].sort()).toEqual(["permissive", "workloads"]);
  });
});

describe("the plan's files", () => {
  const result = plan(web);
  it("are one folder for each phase, and the text for people", () => {
    expect([...filesOf(result).keys()]).toEqual([
      "plan.md",
      "01-prod-permissive/apply.yaml",
      "03-prod-workloads/apply.yaml",
      "04-prod-namespace/apply.yaml",
      "04-prod-namespace/rollback.yaml",
      "05-istio-system-mesh/apply.yaml",
    ]);
    const text = planText(result);
    expect(text).toContain("    kubectl delete -n prod PeerAuthentication/web-strict\n");
    expect(text).toContain('connection_security_policy="none"');
    expect(text).toContain("Must be clean: MT001, MT002, MT003, MT004, MT005\n\nThey are.");
    expect(planText(plan([]))).toContain("Nothing is left to do.");
  });

  it("are read back as they were meant, also where YAML 1.1 has words of its own", () => {
    const no = deployment("on", { metadata: { namespace: "n" } });
    const { phases } = plan([no]);
    const { all, problems } = resourcesOf(yamlOf(phase(phases, "workloads").apply));
    expect(problems).toEqual([]);
    expect(all[0]).toMatchObject({ namespace: "n", spec: { selector: { matchLabels: { app: "on" } } } });
  });
});
