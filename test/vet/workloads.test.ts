import { describe, expect, it } from "vitest";
import { deployment, namespace, object, pod, said, service } from "./found.js";

describe("APP001, workloads without a name", () => {
  const labelled = (labels: object) =>
    object("apps/v1", "Deployment", "d", {
      template: { metadata: { labels: { "sidecar.istio.io/inject": "true", ...labels } }, spec: {} },
    });
  it.each([
    [{}, "warning"],
    [{ "app.kubernetes.io/name": "web" }, "info"],
    [{ "service.istio.io/canonical-name": "web" }, "info"],
    [{ "gateway.istio.io/managed": "istio.io-mesh-controller" }, undefined],
    [{ app: "web" }, undefined],
    [{ "sidecar.istio.io/inject": "false" }, undefined],
  ])("%j is %s", (labels, severity) => {
    expect(said("APP001", [labelled(labels)])[0]?.split(" ")[0]).toBe(severity);
  });
});

describe("SVC001, ports behind several Services", () => {
  const web = deployment("web", { container: { ports: [{ name: "main", containerPort: 8080 }] } });
  const second = (port: object) =>
    service("other", [port as Record<string, unknown>], { selector: { app: "web" } });
  const first = service("web", [{ port: 80, targetPort: 8080, name: "http" }]);
  it.each([
    [{ port: 81, targetPort: 8080, name: "tcp" }, "error"],
    [{ port: 81, targetPort: "main", name: "tcp" }, "error"],
    [{ port: 81, targetPort: 8080, name: "http" }, "info"],
    [{ port: 81, targetPort: 8081, name: "tcp" }, undefined],
    [{ port: 81, targetPort: 8080, protocol: "UDP" }, undefined],
  ])("%j is %s", (port, severity) => {
    expect(said("SVC001", [first, second(port), web])[0]?.split(" ")[0]).toBe(severity);
  });

  it("is not found in two namespaces", () => {
    const elsewhere = service("web", [{ port: 80, targetPort: 8080, name: "tcp" }], {}, { namespace: "dev" });
    expect(said("SVC001", [first, elsewhere, web])).toEqual([]);
  });
});

describe("SVC002 and SVC003, Services that share a Deployment", () => {
  const web = deployment("web");
  const two = (one: object, other: object) => [
    service("a", [one as Record<string, unknown>], { selector: { app: "web" } }),
    service("b", [other as Record<string, unknown>], { selector: { app: "web" } }),
    web,
  ];
  it.each([
    [{ port: 53 }, { port: 53, protocol: "UDP" }, 1, 0],
    [{ port: 53 }, { port: 53, protocol: "TCP" }, 0, 0],
    [{ port: 80, targetPort: 8080 }, { port: 81, targetPort: 8080 }, 0, 1],
    [{ port: 80, targetPort: 8080 }, { port: 8080 }, 0, 1],
    [{ port: 80 }, { port: 81 }, 0, 0],
  ])("%j and %j", (one, other, transport, target) => {
    expect(said("SVC002", two(one, other))).toHaveLength(transport);
    expect(said("SVC003", two(one, other))).toHaveLength(target);
  });

  it("are not looked at outside the mesh, or for waypoints", () => {
    const [a, b] = two({ port: 53 }, { port: 53, protocol: "UDP" }) as [string, string];
    expect(
      said("SVC002", [a, b, deployment("web", { labels: { "sidecar.istio.io/inject": "false" } })]),
    ).toEqual([]);
    const waypoint = { metadata: { labels: { "gateway.istio.io/managed": "istio.io-mesh-controller" } } };
    expect(said("SVC002", [a, b, deployment("web", waypoint)])).toEqual([]);
  });
});

describe("VER001, old sidecars", () => {
  const injector = (name = "istio-sidecar-injector") =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "istio-system" },
      data: {
        values: JSON.stringify({ global: { hub: "istio", tag: "1.30", proxy: { image: "proxyv2" } } }),
      },
    });
  const prod = namespace("prod", { "istio-injection": "enabled" });
  it("are told by the injector's image", () => {
    expect(said("VER001", [injector(), prod, pod("a", {}, "istio/proxyv2:1.29"), pod("b")])).toEqual([
      "warning Namespace prod: pods with another proxy than is injected: a (istio/proxyv2:1.29, not istio/proxyv2:1.30)",
    ]);
    expect(
      said("VER001", [injector(), prod, pod("a"), pod("b", {}, "istio/proxyv2:1.30-distroless")]),
    ).toEqual([]);
  });

  it("are those of the namespace's revision", () => {
    const canary = namespace("prod", { "istio.io/rev": "canary" });
    const old = pod("a", {}, "istio/proxyv2:1.29");
    expect(said("VER001", [injector("istio-sidecar-injector-canary"), canary, old])).toHaveLength(1);
    expect(said("VER001", [injector(), canary, old])).toEqual([]);
    expect(said("VER001", [prod, old])).toEqual([]);
    expect(said("VER001", [injector(), namespace("prod"), old])).toEqual([]);
    expect(
      said("VER001", [
        injector(),
        prod,
        pod("a", {}, "x/y:1", { annotations: { "sidecar.istio.io/proxyImage": "x/y:1" } }),
      ]),
    ).toEqual([]);
  });
});
