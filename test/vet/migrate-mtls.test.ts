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
import { deployment, destinationRule, object, peerAuthentication, pod, service } from "./found.js";

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
