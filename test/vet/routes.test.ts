import { describe, expect, it } from "vitest";
import { said, service, serviceEntry, virtualService } from "./found.js";

const to = (host: string, port?: number) => ({
  destination: { host, ...(port && { port: { number: port } }) },
});
const routed = (route: object, more: object = {}) =>
  virtualService("v", { hosts: ["x"], http: [{ route: [route] }], ...more });

describe("VS001, routes to nowhere", () => {
  const web = service("web", [{ port: 80, name: "http" }]);
  const external = (hosts: string[], exportTo?: string[]) =>
    serviceEntry(
      "e",
      { hosts, ports: [{ number: 443, name: "tls", protocol: "TLS" }], ...(exportTo && { exportTo }) },
      { namespace: "dev" },
    );

  it.each([
    ["web", 0],
    ["web.prod.svc.cluster.local", 0],
    ["web.dev.svc.cluster.local", 1],
    ["nowhere", 1],
    ["api.example", 0],
    ["a.wild.example", 0],
    ["wild.example", 1],
    ["istio-ingressgateway.istio-system.svc.cluster.local", 0],
  ])("%s is %i", (host, count) => {
    expect(said("VS001", [web, external(["api.example", "*.wild.example"]), routed(to(host))])).toHaveLength(
      count,
    );
  });

  it("ports and mirrors are looked at too", () => {
    expect(said("VS001", [web, routed(to("web", 80))])).toEqual([]);
    expect(said("VS001", [web, routed(to("web", 81))])[0]).toContain("web has no port 81, but 80");
    const mirrored = (http: object) =>
      virtualService("v", { hosts: ["x"], http: [{ route: [to("web")], ...http }] });
    expect(said("VS001", [web, mirrored({ mirror: { host: "nowhere" } })])[0]).toContain("the mirror host");
    expect(said("VS001", [web, mirrored({ mirrors: [{ destination: { host: "nowhere" } }] })])).toHaveLength(
      1,
    );
    expect(
      said("VS001", [
        web,
        virtualService("v", {
          hosts: ["x"],
          tcp: [{ route: [to("nowhere")] }],
          tls: [{ match: [{ sniHosts: ["x"] }], route: [to("nowhere")] }],
        }),
      ]),
    ).toHaveLength(2);
  });

  it("hosts may be for some namespaces only", () => {
    expect(said("VS001", [external(["api.example"], ["prod"]), routed(to("api.example"))])).toEqual([]);
    expect(said("VS001", [external(["api.example"], ["."]), routed(to("api.example"))])).toHaveLength(1);
    const exported = service(
      "web",
      [{ port: 80 }],
      {},
      { namespace: "dev", annotations: { "networking.istio.io/exportTo": "." } },
    );
    expect(said("VS001", [exported, routed(to("web.dev.svc.cluster.local"))])).toHaveLength(1);
  });
});

describe("VS002, routes of one host", () => {
  const rules = (name: string, uris: (object | undefined)[], more: object = {}, metadata: object = {}) =>
    virtualService(
      name,
      {
        hosts: ["shop"],
        http: uris.map((uri) => ({ ...(uri && { match: [{ uri }] }), route: [to("shop")] })),
        ...more,
      },
      { ...metadata },
    );
  const p = (prefix: string) => ({ prefix });
  const e = (exact: string) => ({ exact });
  const r = (regex: string) => ({ regex });

  it.each([
    [p("/a"), p("/a/b"), 1],
    [p("/a/b"), p("/a"), 1],
    [p("/a"), e("/a/b"), 1],
    [e("/a"), e("/a"), 1],
    [p("/a"), p("/b"), 0],
    [e("/a"), e("/a/b"), 0],
    [r("/a.*"), e("/abc"), 1],
    [r("/a.*"), p("/ab"), 1],
    [r("/a.*"), p("/b"), 0],
    [r("/a"), r("/a"), 1],
    [r("/a"), r("/b"), 0],
    [r("(["), e("/a"), 0],
    [r("(a+)+$"), e(`/${"a".repeat(60)}`), 0],
    [r("/(a|a)*$"), e(`/${"a".repeat(60)}`), 0],
    [r("/.*.*.*.*.*.*x"), e(`/${"a".repeat(200)}`), 0],
    [r(`/${"a?".repeat(60)}b`), e(`/${"a".repeat(60)}`), 0],
    [r(`/${"(a|a)".repeat(60)}b`), e(`/${"a".repeat(70)}`), 0],
    [r(`/${"(\\(?|\\(?)".repeat(60)}b`), e(`/${"(".repeat(60)}`), 0],
    [r("/(?:one|two|three|four|five|six|seven|eight|nine|ten|\\?)/.*"), e("/nine/a"), 1],
    [undefined, p("/a"), 1],
  ])("in two VirtualServices: %j and %j is %i", (one, other, count) => {
    expect(said("VS002", [rules("a", [one]), rules("b", [other])])).toHaveLength(count);
    expect(said("VS002", [rules("b", [other]), rules("a", [one])])).toHaveLength(count);
  });

  it("all children of a path are looked at, and a host is one however it is written", () => {
    // The vetter that this one follows stops at the first child.
    expect(said("VS002", [rules("a", [p("/a")]), rules("b", [p("/x"), p("/a/1"), p("/a/2")])])).toHaveLength(
      2,
    );
    expect(
      said("VS002", [
        rules("a", [p("/a")]),
        rules("b", [p("/a")], { hosts: ["shop.prod.svc.cluster.local"] }),
      ]),
    ).toHaveLength(1);
    expect(said("VS002", [rules("a", [p("/a/")]), rules("b", [p("/a")])])).toHaveLength(1);
  });

  it("all VirtualServices of a host are compared, once for each other, even when a file is one line", () => {
    const list = (hosts: string[]) =>
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: ["a", "b", "c"].map((name) => JSON.parse(rules(name, [p("/a")], { hosts })) as unknown),
      });
    for (const hosts of [["shop"], ["shop", "shop.prod.svc.cluster.local", "other"]])
      expect(said("VS002", list(hosts)).map((text) => text.replace(/ \(.*/, ""))).toEqual([
        "error VirtualService prod/b: /a* and /a* of VirtualService prod/a",
        "error VirtualService prod/c: /a* and /a* of VirtualService prod/a",
        "error VirtualService prod/c: /a* and /a* of VirtualService prod/b",
      ]);
  });

  it("other hosts, gateways and conditions are no conflict", () => {
    expect(said("VS002", [rules("a", [p("/a")]), rules("b", [p("/a")], { hosts: ["other"] })])).toEqual([]);
    expect(said("VS002", [rules("a", [p("/a")], { gateways: ["g"] }), rules("b", [p("/a")])])).toEqual([]);
    expect(
      said("VS002", [
        rules("a", [p("/a")], { gateways: ["g"] }),
        rules("b", [p("/a")], { gateways: ["prod/g"] }),
      ]),
    ).toHaveLength(1);
    const method = (name: string, exact: string) =>
      virtualService(name, { hosts: ["shop"], http: [{ match: [{ uri: p("/a"), method: { exact } }] }] });
    expect(said("VS002", [method("a", "GET"), method("b", "POST")])).toEqual([]);
    expect(said("VS002", [method("a", "GET"), method("b", "GET")])).toHaveLength(1);
    const header = (name: string, exact: string) =>
      virtualService(name, { hosts: ["shop"], http: [{ match: [{ headers: { v: { exact } } }] }] });
    expect(said("VS002", [header("a", "1"), header("b", "2")])).toEqual([]);
    expect(said("VS002", [rules("a", [p("/a")]), rules("b", [p("/a")], {}, { namespace: "dev" })])).toEqual(
      [],
    );
  });

  it("what takes everything is no conflict at a gateway, where it comes last", () => {
    const at = { gateways: ["g"] };
    expect(said("VS002", [rules("a", [p("/a")], at), rules("b", [undefined], at)])).toEqual([]);
    expect(said("VS002", [rules("a", [undefined], at), rules("b", [r(".*")], at)])).toHaveLength(1);
    const both = { gateways: ["g", "mesh"] };
    expect(said("VS002", [rules("a", [p("/a")], both), rules("b", [undefined], both)])).toHaveLength(1);
  });

  it("those that no sidecar sees together are no conflict", () => {
    const hosts = ["shop.prod.svc.cluster.local"];
    const own = (name: string, exportTo?: string[]) =>
      rules(name, [p("/a")], { hosts, ...(exportTo && { exportTo }) }, { namespace: name });
    expect(said("VS002", [own("one", ["."]), own("two", ["."])])).toEqual([]);
    expect(said("VS002", [own("one", ["."]), own("two", [".", "one"])])).toHaveLength(1);
    expect(said("VS002", [own("one", ["."]), own("two")])).toHaveLength(1);
  });

  it.each([
    [[p("/a"), p("/a/b")], 1],
    [[p("/a/b"), p("/a")], 0],
    [[e("/a"), p("/a")], 0],
    [[p("/a"), e("/a")], 1],
    [[undefined, p("/a")], 1],
    [[p("/a"), undefined], 0],
    [[r(".*"), p("/a")], 1],
    [[r("/a|/b"), p("/a")], 0],
    [[p("/a"), r("/ab?c.*")], 1],
    [[p("/ab"), r("/ab?c.*")], 0],
    [[p("/"), r("x|y")], 1],
  ])("in one VirtualService: %j is %i", (uris, count) => {
    expect(said("VS002", [rules("a", uris)])).toHaveLength(count);
  });

  it("a rule that asks for more than a path does not hide others", () => {
    const http = [{ match: [{ uri: p("/a"), method: { exact: "GET" } }] }, { match: [{ uri: p("/a/b") }] }];
    expect(said("VS002", [virtualService("v", { hosts: ["shop"], http })])).toEqual([]);
  });
});
