import { describe, expect, it } from "vitest";
import {
  authorization,
  deployment,
  meshConfig,
  namespace,
  object,
  pod,
  requestAuthentication,
  said,
  virtualService,
} from "./found.js";

const gateway = (selector: object) => object("networking.istio.io/v1", "Gateway", "gw", { selector });
const claims = (header: string, gateways = ["gw"], field = "headers") =>
  virtualService("v", {
    hosts: ["a.example"],
    gateways,
    http: [{ match: [{ [field]: { [header]: { exact: "x" } } }], route: [{ destination: { host: "a" } }] }],
  });

describe("JW001, routes by claims", () => {
  const edge = pod("edge");
  const own = gateway({ app: "edge" });
  it("need a RequestAuthentication at the gateway's pods", () => {
    const found = said("JW001", [claims("@request.auth.claims.group"), own, edge]);
    expect(found).toEqual([
      "error VirtualService prod/v: routes by @request.auth.claims.group, but no RequestAuthentication is for Pod prod/edge of Gateway prod/gw",
    ]);
    const policy = (labels: object | undefined, metadata = {}) =>
      requestAuthentication("r", { ...(labels && { selector: { matchLabels: labels } }) }, metadata);
    expect(said("JW001", [claims("@request.auth.claims[a][b]"), own, edge, policy({ app: "edge" })])).toEqual(
      [],
    );
    expect(
      said("JW001", [
        claims("@request.auth.claims.a"),
        own,
        edge,
        policy(undefined, { namespace: "istio-system" }),
      ]),
    ).toEqual([]);
    expect(
      said("JW001", [claims("@request.auth.claims.a"), own, edge, policy({ app: "other" })]),
    ).toHaveLength(1);
    expect(
      said("JW001", [claims("@request.auth.claims.a"), own, edge, policy(undefined, { namespace: "dev" })]),
    ).toHaveLength(1);
  });

  it.each([
    ["@request.auth.claims", 0],
    ["@request.auth.claims.", 0],
    ["@request.auth.claims[a", 0],
    ["x-claims", 0],
    ["@REQUEST.auth.claims.a", 1],
  ])("%s is %i", (header, count) => {
    expect(said("JW001", [claims(header), own, edge])).toHaveLength(count);
  });

  it("are found in withoutHeaders, by the gateway's full name, and at Istio's own gateway", () => {
    expect(
      said("JW001", [claims("@request.auth.claims.a", ["prod/gw"], "withoutHeaders"), own, edge]),
    ).toHaveLength(1);
    expect(
      said("JW001", [claims("@request.auth.claims.a"), gateway({ istio: "ingressgateway" })])[0],
    ).toContain("Istio's ingress gateway");
    expect(said("JW001", [claims("@request.auth.claims.a", ["mesh"]), own, edge])).toEqual([]);
    expect(said("JW001", [claims("@request.auth.claims.a", ["none"]), own, edge])).toEqual([]);
  });
});

describe("JW002, tokens that nobody asks for", () => {
  const tokens = (more: object = {}) => requestAuthentication("r", { jwtRules: [{ issuer: "i" }], ...more });
  const deny = { action: "DENY", rules: [{ from: [{ source: { notRequestPrincipals: ["*"] } }] }] };
  const web = { selector: { matchLabels: { app: "web" } } };

  it("is found without a policy, or with one for others", () => {
    expect(said("JW002", [tokens()])).toHaveLength(1);
    expect(
      said("JW002", [
        tokens(web),
        authorization("a", { ...deny, selector: { matchLabels: { app: "api" } } }),
      ]),
    ).toHaveLength(1);
    expect(said("JW002", [tokens(), authorization("a", deny, { namespace: "dev" })])).toHaveLength(1);
    expect(
      said("JW002", [
        tokens(),
        authorization("a", { rules: [{ to: [{ operation: { methods: ["GET"] } }] }] }),
      ]),
    ).toHaveLength(1);
    const gateway = { targetRefs: [{ kind: "Gateway", name: "g" }] };
    expect(said("JW002", [tokens(gateway), authorization("a", deny)])).toHaveLength(1);
  });

  it("is not with one that asks for principals or claims", () => {
    expect(said("JW002", [tokens(), authorization("a", deny)])).toEqual([]);
    expect(said("JW002", [tokens(web), authorization("a", { ...deny, ...web })])).toEqual([]);
    expect(said("JW002", [tokens(web), authorization("a", deny, { namespace: "istio-system" })])).toEqual([]);
    expect(
      said("JW002", [
        tokens(),
        authorization("a", { rules: [{ when: [{ key: "request.auth.claims[g]", values: ["x"] }] }] }),
      ]),
    ).toEqual([]);
    expect(said("JW002", [requestAuthentication("r", {})])).toEqual([]);
    const gateway = { targetRefs: [{ kind: "Gateway", name: "g" }] };
    expect(said("JW002", [tokens(gateway), authorization("a", { ...deny, ...gateway })])).toEqual([]);
  });

  it("is found where the policy that asks only rehearses, or only writes it down", () => {
    const rehearsed = { annotations: { "istio.io/dry-run": "true" } };
    expect(said("JW002", [tokens(), authorization("a", deny, rehearsed)])).toHaveLength(1);
    expect(said("JW002", [tokens(), authorization("a", { ...deny, action: "AUDIT" })])).toHaveLength(1);
    expect(said("JW002", [tokens(), authorization("a", { ...deny, action: "ALLOW" })])).toHaveLength(1);
    const refused = { action: "DENY", rules: [{ from: [{ source: { requestPrincipals: ["i/mallory"] } }] }] };
    expect(said("JW002", [tokens(), authorization("a", refused)])).toHaveLength(1);
  });

  it("is not for the mesh, where namespaces say who needs a token, nor where one of several targets is the same", () => {
    const wide = requestAuthentication("r", { jwtRules: [{ issuer: "i" }] }, { namespace: "istio-system" });
    expect(said("JW002", [wide, authorization("a", { ...deny, ...web })])).toEqual([]);
    const refs = (...names: string[]) => ({
      targetRefs: names.map((name) => ({ group: "", kind: "Service", name })),
    });
    expect(said("JW002", [tokens(refs("a", "b")), authorization("a", { ...deny, ...refs("b") })])).toEqual(
      [],
    );
  });
});

describe("JW003, keys without TLS", () => {
  it.each([
    ["http://keys.example/jwks", "error"],
    ["HTTP://keys.example/jwks", "error"],
    ["http://keys.auth.svc.cluster.local:8080/jwks", "warning"],
    ["http://keys/jwks", "warning"],
    ["https://keys.example/jwks", undefined],
  ])("%s is %s", (jwksUri, severity) => {
    const [found] = said("JW003", [requestAuthentication("r", { jwtRules: [{ issuer: "i", jwksUri }] })]);
    expect(found?.split(" ")[0]).toBe(severity);
  });

  it("is found in the other spelling", () => {
    expect(
      said("JW003", [requestAuthentication("r", { jwtRules: [{ issuer: "i", jwks_uri: "http://a.b/c" }] })]),
    ).toHaveLength(1);
  });
});

describe("JW004, istiod's requests", () => {
  const istiod = (env: object[]) =>
    deployment("istiod", { metadata: { labels: { app: "istiod" } }, container: { env } });
  const tokens = requestAuthentication("r", {});
  it.each([
    [[], 1],
    [[{ name: "BLOCKED_CIDRS_IN_JWKS_URIS", value: "" }], 1],
    [[{ name: "BLOCKED_CIDRS_IN_JWKS_URIS", value: "10.0.0.0/8" }], 0],
  ])("%j is %i", (env, count) => {
    expect(said("JW004", [istiod(env), tokens])).toHaveLength(count);
    expect(said("JW004", [istiod(env)])).toEqual([]);
  });
});

describe("AZ001, policies for nobody", () => {
  const selected = (app: string, ns = "prod") =>
    authorization("a", { selector: { matchLabels: { app } } }, { namespace: ns });
  it("are told by pods where there are any", () => {
    expect(said("AZ001", [selected("web"), pod("web")])).toEqual([]);
    expect(said("AZ001", [selected("web"), pod("api")])).toEqual([
      "warning AuthorizationPolicy prod/a: no workload in the namespace prod has the labels app=web",
    ]);
    expect(said("AZ001", [selected("web"), pod("api"), deployment("web")])).toHaveLength(1);
    expect(said("AZ001", [selected("web"), deployment("web")])).toEqual([]);
    expect(said("AZ001", [selected("web"), pod("web", {}, "")])).toHaveLength(1);
    expect(
      said("AZ001", [
        selected("web"),
        pod("web", {}, "", { annotations: { "ambient.istio.io/redirection": "enabled" } }),
      ]),
    ).toEqual([]);
  });

  it("may be for the namespace, or for the mesh", () => {
    expect(said("AZ001", [authorization("a", {}), pod("web")])).toEqual([]);
    expect(said("AZ001", [authorization("a", {}, { namespace: "dev" }), pod("web")])[0]).toContain(
      "no workload in the mesh is in the namespace dev",
    );
    expect(said("AZ001", [authorization("a", {}, { namespace: "istio-system" })])).toEqual([]);
    expect(said("AZ001", [selected("web", "istio-system"), pod("web")])).toEqual([]);
    expect(said("AZ001", [selected("none", "istio-system"), pod("web")])).toHaveLength(1);
    expect(
      said("AZ001", [meshConfig("rootNamespace: conf"), authorization("a", {}, { namespace: "conf" })]),
    ).toEqual([]);
  });

  it("know what brings the mesh to a workload whose pods were not given", () => {
    const bare = (labels: object = {}, spec: object = {}) =>
      object("apps/v1", "Deployment", "web", {
        template: { metadata: { labels: { app: "web", ...labels } }, spec },
      });
    const found = (labels: object, ...documents: string[]) =>
      said("AZ001", [selected("web"), namespace("prod", labels as Record<string, string>), ...documents])
        .length;
    expect(found({}, bare())).toBe(1);
    expect(found({ "istio.io/rev": "canary" }, bare())).toBe(0);
    expect(found({}, bare({ "istio.io/rev": "canary" }))).toBe(0);
    expect(found({ "istio.io/rev": "canary", "istio-injection": "disabled" }, bare())).toBe(1);
    expect(found({ "istio.io/dataplane-mode": "ambient" }, bare())).toBe(0);
    expect(found({ "istio.io/dataplane-mode": "ambient" }, bare({ "istio.io/dataplane-mode": "none" }))).toBe(
      1,
    );
    expect(found({ "istio-injection": "enabled" }, bare({}, { hostNetwork: true }))).toBe(1);
    // A pod that runs has the sidecar that it has.
    expect(found({ "istio.io/rev": "canary" }, pod("web", {}, ""))).toBe(1);
  });
});

describe("AZ002, namespaces that do not exist", () => {
  const from = (source: object) => authorization("a", { rules: [{ from: [{ source }] }] });
  it.each([
    ["dev", 0],
    ["DEV", 0],
    ["de*", 0],
    ["*ev", 0],
    ["*", 0],
    ["prod", 1],
    ["x*", 1],
    ["*x", 1],
  ])("%s is %i", (name, count) => {
    expect(said("AZ002", [namespace("dev"), from({ namespaces: [name] })])).toHaveLength(count);
    expect(said("AZ002", [namespace("dev"), from({ notNamespaces: [name] })])).toHaveLength(count);
  });

  it("are all of them where no Namespace was given, as istioctl has it", () => {
    expect(said("AZ002", [from({ namespaces: ["dev", "*"] })])).toHaveLength(2);
  });
});

describe("AZ003, principals that nobody has", () => {
  const from = (principal: string) =>
    authorization("a", { rules: [{ from: [{ source: { principals: [principal] } }] }] });
  it.each([
    ["cluster.local/ns/a/sa/b", undefined],
    ["mesh.example/ns/a/sa/b", undefined],
    ["old.example/ns/a/sa/b", undefined],
    ["*/ns/a/sa/b", undefined],
    ["*", undefined],
    ["other.example/ns/a/sa/b", "warning"],
    ["spiffe://mesh.example/ns/a/sa/b", "error"],
  ])("%s is %s", (principal, severity) => {
    const config = meshConfig("trustDomain: mesh.example\ntrustDomainAliases: [old.example]");
    expect(said("AZ003", [config, from(principal)])[0]?.split(" ")[0]).toBe(severity);
    const when = authorization("a", {
      rules: [{ when: [{ key: "source.principal", notValues: [principal] }] }],
    });
    expect(said("AZ003", [config, when])[0]?.split(" ")[0]).toBe(severity);
  });

  it("are those of cluster.local where nothing else is said", () => {
    expect(said("AZ003", [from("mesh.example/ns/a/sa/b")])[0]).toContain("this mesh is cluster.local");
  });
});
