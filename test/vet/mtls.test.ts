import { describe, expect, it } from "vitest";
import {
  deployment,
  destinationRule,
  namespace,
  object,
  peerAuthentication,
  said,
  service,
} from "./found.js";

const db = service("db", [{ port: 3306, targetPort: 13306, name: "mysql" }]);
const workload = deployment("db");
const strict = peerAuthentication("default", { mtls: { mode: "STRICT" } });
const rule = (trafficPolicy: object, more: object = {}) =>
  destinationRule("db", { host: "db", trafficPolicy, ...more });
const mode = (text: string) => ({ tls: { mode: text } });

describe("MT001, plain text to STRICT", () => {
  it.each(["DISABLE", "SIMPLE", "MUTUAL"])("%s", (text) => {
    expect(said("MT001", [db, workload, strict, rule(mode(text))])[0]).toContain(
      `error DestinationRule prod/db: tls.mode is ${text}, but Deployment prod/db accepts mTLS only at port 3306`,
    );
  });

  it("needs STRICT, a plain mode and a workload in the mesh", () => {
    expect(said("MT001", [db, workload, strict, rule(mode("ISTIO_MUTUAL"))])).toEqual([]);
    expect(said("MT001", [db, workload, rule(mode("DISABLE"))])).toEqual([]);
    expect(said("MT001", [db, strict, rule(mode("DISABLE"))])).toEqual([]);
    const outside = deployment("db", { labels: { "sidecar.istio.io/inject": "false" } });
    expect(said("MT001", [db, outside, strict, rule(mode("DISABLE"))])).toEqual([]);
  });

  it("is in ports, subsets and wildcards too", () => {
    const port = { portLevelSettings: [{ port: { number: 3306 }, ...mode("DISABLE") }] };
    const other = { portLevelSettings: [{ port: { number: 9999 }, ...mode("DISABLE") }] };
    expect(said("MT001", [db, workload, strict, rule(port)])).toHaveLength(1);
    expect(said("MT001", [db, workload, strict, rule(other)])).toEqual([]);
    // The port's own settings, which say nothing of TLS, take the place of the general ones.
    expect(
      said("MT001", [
        db,
        workload,
        strict,
        rule({ ...mode("DISABLE"), portLevelSettings: [{ port: { number: 3306 } }] }),
      ]),
    ).toEqual([]);
    expect(
      said("MT001", [
        db,
        workload,
        strict,
        rule({}, { subsets: [{ name: "v1", trafficPolicy: mode("DISABLE") }] }),
      ]),
    ).toHaveLength(1);
    expect(
      said("MT001", [
        db,
        workload,
        strict,
        destinationRule("all", { host: "*.prod.svc.cluster.local", trafficPolicy: mode("DISABLE") }),
      ]),
    ).toHaveLength(1);
    expect(
      said("MT001", [
        db,
        workload,
        strict,
        destinationRule("all", { host: "*.dev.svc.cluster.local", trafficPolicy: mode("DISABLE") }),
      ]),
    ).toEqual([]);
    expect(
      said("MT001", [
        db,
        workload,
        strict,
        destinationRule("x", { host: "db.prod", trafficPolicy: mode("DISABLE") }, { namespace: "dev" }),
      ]),
    ).toHaveLength(1);
  });

  it("knows which PeerAuthentication holds", () => {
    const plain = rule(mode("DISABLE"));
    const mesh = peerAuthentication("mesh", { mtls: { mode: "STRICT" } }, { namespace: "istio-system" });
    const named = (name: string, text: string, more: object = {}, metadata: object = {}) =>
      peerAuthentication(name, { mtls: { mode: text }, ...more }, { ...metadata });
    const selector = { selector: { matchLabels: { app: "db" } } };
    expect(said("MT001", [db, workload, plain, mesh])).toHaveLength(1);
    expect(said("MT001", [db, workload, plain, mesh, named("n", "PERMISSIVE")])).toEqual([]);
    expect(said("MT001", [db, workload, plain, mesh, named("n", "UNSET")])).toHaveLength(1);
    expect(
      said("MT001", [db, workload, plain, named("n", "PERMISSIVE"), named("w", "STRICT", selector)]),
    ).toHaveLength(1);
    expect(
      said("MT001", [
        db,
        workload,
        plain,
        strict,
        named("w", "PERMISSIVE", { ...selector, portLevelMtls: { 13306: { mode: "STRICT" } } }),
      ]),
    ).toHaveLength(1);
    expect(
      said("MT001", [
        db,
        workload,
        plain,
        strict,
        named("w", "STRICT", { ...selector, portLevelMtls: { 13306: { mode: "DISABLE" } } }),
      ]),
    ).toEqual([]);
    const old = { creationTimestamp: "2020-01-01T00:00:00Z" };
    const young = { creationTimestamp: "2024-01-01T00:00:00Z" };
    expect(
      said("MT001", [
        db,
        workload,
        plain,
        named("a", "STRICT", {}, young),
        named("b", "PERMISSIVE", {}, old),
      ]),
    ).toEqual([]);
    expect(
      said("MT001", [
        db,
        workload,
        plain,
        named("a", "PERMISSIVE", {}, young),
        named("b", "STRICT", {}, old),
      ]),
    ).toHaveLength(1);
    // In the root namespace a policy with a selector is not for the mesh.
    expect(
      said("MT001", [
        db,
        workload,
        plain,
        peerAuthentication("x", { mtls: { mode: "STRICT" }, ...selector }, { namespace: "istio-system" }),
      ]),
    ).toEqual([]);
    expect(
      said("MT001", [db, workload, plain, mesh.replace("istio-system", "istio-config")], {
        rootNamespace: "istio-config",
      }),
    ).toHaveLength(1);
  });
});

describe("MT001 and MT002, DestinationRules that are not what a client takes", () => {
  const strict = peerAuthentication("d", { mtls: { mode: "STRICT" } });
  const disabled = { trafficPolicy: { tls: { mode: "DISABLE" } } };
  it("a subset is for the workloads that have its labels", () => {
    const subset = (version: string) =>
      destinationRule("r", { host: "db", subsets: [{ name: "s", labels: { version }, ...disabled }] });
    const documents = [db, deployment("db", { labels: { version: "v2" } }), strict];
    expect(said("MT001", [...documents, subset("v1")])).toEqual([]);
    expect(said("MT001", [...documents, subset("v2")])).toHaveLength(1);
  });

  it("a rule of the host's own takes the place of one for a wildcard", () => {
    const bare = object("apps/v1", "Deployment", "db", {
      template: { metadata: { labels: { app: "db" } }, spec: {} },
    });
    const root = { namespace: "istio-system" };
    const mutual = { trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } };
    const documents = [
      db,
      bare,
      namespace("prod"),
      destinationRule("d", { host: "*.local", ...mutual }, root),
    ];
    const own = { host: "db.prod.svc.cluster.local", ...disabled };
    expect(said("MT002", documents)).toHaveLength(1);
    expect(said("MT002", [...documents, destinationRule("own", own)])).toEqual([]);
    expect(said("MT002", [...documents, destinationRule("own", own, root)])).toEqual([]);
    expect(said("MT002", [...documents, destinationRule("own", { ...own, exportTo: ["."] })])).toHaveLength(
      1,
    );
    expect(said("MT002", [...documents, destinationRule("own", { ...own, host: "api" })])).toHaveLength(1);
  });

  it("the node's own network has no sidecar, and a policy of the root namespace with a selector is not obeyed", () => {
    const node = object("apps/v1", "DaemonSet", "db", {
      template: { metadata: { labels: { app: "db" } }, spec: { hostNetwork: true } },
    });
    const injected = namespace("prod", { "istio-injection": "enabled" });
    expect(said("MT002", [db, node, injected, rule(mode("ISTIO_MUTUAL"))])).toHaveLength(1);
    const root = { namespace: "istio-system" };
    const own = object(
      "apps/v1",
      "Deployment",
      "gw",
      {
        template: { metadata: { labels: { app: "gw", "sidecar.istio.io/inject": "true" } }, spec: {} },
      },
      root,
    );
    const gateway = service("gw", [{ port: 80, name: "http" }], {}, root);
    const selected = peerAuthentication(
      "p",
      { selector: { matchLabels: { app: "gw" } }, mtls: { mode: "STRICT" }, portLevelMtls: { 80: {} } },
      root,
    );
    const plain = destinationRule("r", { host: "gw", ...disabled }, root);
    expect(said("MT001", [own, gateway, selected, plain])).toEqual([]);
    expect(said("MT003", [own, gateway, selected])[0]).toContain("is not obeyed in the root namespace");
  });
});

describe("MT002, mTLS to those who have none", () => {
  const mutual = rule(mode("ISTIO_MUTUAL"));
  it("is found for workloads without a sidecar, and with mTLS switched off", () => {
    const bare = object("apps/v1", "Deployment", "db", {
      template: { metadata: { labels: { app: "db" } }, spec: {} },
    });
    expect(
      said("MT002", [db, deployment("db", { labels: { "sidecar.istio.io/inject": "false" } }), mutual])[0],
    ).toContain("has no sidecar");
    expect(said("MT002", [db, bare, namespace("prod"), mutual])[0]).toContain("has no sidecar");
    expect(
      said("MT002", [db, workload, peerAuthentication("d", { mtls: { mode: "DISABLE" } }), mutual])[0],
    ).toContain("accepts plain text only, by PeerAuthentication prod/d");
    // Nobody has said what the namespace's labels are.
    expect(said("MT002", [db, bare, mutual])).toEqual([]);
  });

  it("is not where there is one", () => {
    expect(said("MT002", [db, workload, mutual])).toEqual([]);
    const labelled = object("apps/v1", "StatefulSet", "db", {
      template: { metadata: { labels: { app: "db" } }, spec: {} },
    });
    expect(said("MT002", [db, labelled, namespace("prod", { "istio.io/rev": "canary" }), mutual])).toEqual(
      [],
    );
    expect(
      said("MT002", [db, labelled, namespace("prod", { "istio.io/dataplane-mode": "ambient" }), mutual]),
    ).toEqual([]);
    expect(
      said("MT002", [db, labelled, namespace("prod", { "istio-injection": "disabled" }), mutual]),
    ).toHaveLength(1);
    expect(said("MT002", [db, labelled, namespace("prod"), rule(mode("SIMPLE"))])).toEqual([]);
  });
});

describe("MT003, ports of portLevelMtls", () => {
  const policy = (ports: object, selector: object | undefined = { matchLabels: { app: "db" } }) =>
    peerAuthentication("p", { ...(selector && { selector }), portLevelMtls: ports });
  const off = { mode: "DISABLE" };

  it("are the workload's", () => {
    expect(said("MT003", [db, workload, policy({ 3306: off })])).toEqual([
      "error PeerAuthentication prod/p: 3306 is the port of Service prod/db; the workload listens on 13306",
    ]);
    expect(said("MT003", [db, workload, policy({ 13306: off })])).toEqual([]);
    expect(
      said("MT003", [
        db,
        deployment("db", { container: { ports: [{ containerPort: 9000 }] } }),
        policy({ 9000: off }),
      ]),
    ).toEqual([]);
    expect(said("MT003", [db, workload, policy({ 4444: off })])[0]).toMatch(/^warning .*no container/);
    expect(said("MT003", [policy({ 4444: off })])).toEqual([]);
  });

  it("need a selector", () => {
    const unselected = peerAuthentication("p", { portLevelMtls: { 13306: off } });
    expect(said("MT003", [db, workload, unselected])).toEqual([
      "error PeerAuthentication prod/p: portLevelMtls without a selector is not obeyed",
    ]);
    expect(said("MT003", [db, workload, policy({ 13306: off }, {})])).toHaveLength(1);
  });

  it("are found by their name", () => {
    const named = service("db", [{ port: 80, targetPort: "http-main", name: "http" }]);
    const listening = deployment("db", {
      container: { ports: [{ name: "http-main", containerPort: 8080 }] },
    });
    expect(said("MT003", [named, listening, policy({ 80: off })])[0]).toContain(
      "the workload listens on 8080",
    );
    expect(said("MT003", [named, listening, policy({ 8080: off })])).toEqual([]);
  });

  it("are those of native sidecars too", () => {
    const exporter = (restartPolicy?: string) =>
      deployment("db", {
        container: {},
      }).replace(
        '"containers"',
        `"initContainers": [{"name": "e", "ports": [{"containerPort": 9104}], "restartPolicy": ${JSON.stringify(restartPolicy ?? null)}}], "containers"`,
      );
    const policy = peerAuthentication("p", {
      selector: { matchLabels: { app: "db" } },
      portLevelMtls: { 9104: { mode: "PERMISSIVE" } },
    });
    expect(said("MT003", [exporter("Always"), policy])).toEqual([]);
    expect(said("MT003", [exporter(), policy])).toHaveLength(1);
  });
});

describe("MT004, DestinationRules that contradict each other", () => {
  const one = (name: string, trafficPolicy: object, host = "db", metadata: object = {}) =>
    destinationRule(name, { host, trafficPolicy }, { ...metadata });

  it("for one host, however it is written", () => {
    const found = said("MT004", [
      one("a", mode("DISABLE")),
      one("b", mode("ISTIO_MUTUAL"), "db.prod.svc.cluster.local"),
    ]);
    expect(found).toEqual([
      "error DestinationRule prod/b: tls.mode is ISTIO_MUTUAL, other (DISABLE) than DestinationRule prod/a (f.yaml:1), which is for the same host",
    ]);
    const port = { portLevelSettings: [{ port: { number: 80 }, ...mode("DISABLE") }] };
    expect(
      said("MT004", [one("a", mode("ISTIO_MUTUAL")), one("b", { ...mode("ISTIO_MUTUAL"), ...port })])[0],
    ).toContain("tls.mode of port 80 is DISABLE");
  });

  it("not in different namespaces, for different hosts, or by their subsets", () => {
    expect(
      said("MT004", [one("a", mode("DISABLE")), one("b", mode("ISTIO_MUTUAL"), "db", { namespace: "dev" })]),
    ).toEqual([]);
    expect(said("MT004", [one("a", mode("DISABLE")), one("b", mode("ISTIO_MUTUAL"), "web")])).toEqual([]);
    expect(said("MT004", [one("a", mode("DISABLE")), one("b", mode("DISABLE"))])).toEqual([]);
    expect(
      said("MT004", [
        one("a", mode("DISABLE")),
        destinationRule("b", { host: "db", subsets: [{ name: "v1" }] }),
      ]),
    ).toEqual([]);
  });
});

describe("MT005, STRICT where plain text arrives", () => {
  const probed = (annotations: Record<string, string>) =>
    deployment("db", {
      annotations,
      container: {
        ports: [{ name: "health", containerPort: 9000 }],
        readinessProbe: { httpGet: { port: "health", path: "/" } },
        livenessProbe: { exec: { command: ["true"] } },
      },
    });
  const off = { "sidecar.istio.io/rewriteAppHTTPProbers": "false" };

  it("from the kubelet", () => {
    expect(said("MT005", [probed(off), strict])).toEqual([
      "error Deployment prod/db: the kubelet sends readinessProbe to port health as plain text, because rewriting probes is switched off, but PeerAuthentication prod/default (f.yaml:50) accepts mTLS only",
    ]);
    expect(said("MT005", [probed({}), strict])).toEqual([]);
    expect(said("MT005", [probed(off)])).toEqual([]);
    const open = peerAuthentication("o", {
      selector: { matchLabels: { app: "db" } },
      portLevelMtls: { 9000: { mode: "PERMISSIVE" } },
    });
    expect(said("MT005", [probed(off), strict, open])).toEqual([]);
  });

  const metric = (labels: string, value = 3) =>
    `istio_requests_total{reporter="destination",destination_workload_namespace="prod",destination_workload="db",source_workload="cron",${labels}} ${value}\n`;

  it("from whom the metrics count", () => {
    const plain = metric('connection_security_policy="none"');
    expect(said("MT005", [workload, strict], { metrics: plain + plain })).toEqual([
      "error PeerAuthentication prod/default: the metrics count 6 requests or connections without mTLS from cron to Deployment prod/db, which is to accept mTLS only",
    ]);
    expect(said("MT005", [workload], { metrics: plain })).toEqual([]);
    expect(
      said("MT005", [workload, strict], { metrics: metric('connection_security_policy="mutual_tls"') }),
    ).toEqual([]);
    expect(
      said("MT005", [workload, strict], { metrics: metric('connection_security_policy="none"', 0) }),
    ).toEqual([]);
    expect(
      said("MT005", [workload, strict], { metrics: plain.replace('="destination"', '="source"') }),
    ).toEqual([]);
    expect(said("MT005", [workload, strict], { metrics: "# HELP\nnonsense{\n" })).toEqual([]);
  });
});

describe("MT006 and MT007, servers that nobody verifies", () => {
  it.each([
    [{ mode: "SIMPLE" }, 1],
    [{ mode: "MUTUAL" }, 1],
    [{ mode: "SIMPLE", caCertificates: "/ca.pem" }, 0],
    [{ mode: "SIMPLE", credentialName: "c" }, 1],
    [{ mode: "ISTIO_MUTUAL" }, 0],
  ])("%j is %i", (tls, count) => {
    expect(said("MT006", [rule({ tls })])).toHaveLength(count);
    expect(said("MT007", [rule({ tls })])).toEqual([]);
    const port = { portLevelSettings: [{ port: { number: 1 }, tls }] };
    expect(said("MT007", [rule(port)])).toHaveLength(count);
    expect(said("MT006", [rule(port)])).toEqual([]);
  });

  it("a secret counts together with a workload selector", () => {
    const tls = { mode: "SIMPLE", credentialName: "c" };
    expect(said("MT006", [rule({ tls }, { workloadSelector: { matchLabels: { app: "web" } } })])).toEqual([]);
  });
});
