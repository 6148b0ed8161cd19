import { describe, expect, it } from "vitest";
import {
  authorization,
  envoyFilter,
  findings,
  object,
  pod,
  requestAuthentication,
  said,
  trafficExtension,
  wasmPlugin,
} from "./found.js";

const IDS = ["EF001", "EF002", "EF003", "EF004", "EF005"];
const verdicts = (...documents: string[]) =>
  findings(documents)
    .map(({ id }) => id)
    .filter((id) => IDS.includes(id))
    .sort();

function patch(operation: string, applyTo: string, more: object = {}) {
  return { applyTo, patch: { operation, value: { name: "lua" } }, ...more };
}

describe("EF001 to EF005, patches", () => {
  it.each([
    ["INSERT_BEFORE", "HTTP_FILTER", "EF001"],
    ["INSERT_AFTER", "HTTP_FILTER", "EF001"],
    ["REMOVE", "HTTP_FILTER", "EF001"],
    ["REPLACE", "HTTP_FILTER", "EF001"],
    ["REPLACE", "VIRTUAL_HOST", "EF001"],
    ["REPLACE", "CLUSTER", "EF002"],
    ["ADD", "HTTP_ROUTE", "EF003"],
    ["ADD", "ROUTE_CONFIGURATION", "EF003"],
    ["ADD", "CLUSTER", undefined],
    ["REMOVE", "HTTP_ROUTE", "EF004"],
    ["INSERT_FIRST", "HTTP_FILTER", undefined],
    ["MERGE", "HTTP_FILTER", undefined],
  ])("%s of %s is %s", (operation, applyTo, id) => {
    const configPatches = [patch(operation, applyTo)];
    expect(verdicts(envoyFilter("e", { configPatches }))).toEqual(id === undefined ? [] : [id]);
    // With a priority only what is wrong in itself stays.
    const left = id === undefined || id === "EF001" ? [] : [id];
    expect(verdicts(envoyFilter("e", { configPatches, priority: 10 }))).toEqual(left);
  });

  const versioned = { match: { proxy: { proxyVersion: "^1.30" } } };

  it("are worse behind one for a proxy version, in this EnvoyFilter or one before it", () => {
    const both = [patch("INSERT_BEFORE", "HTTP_FILTER", versioned), patch("INSERT_BEFORE", "HTTP_FILTER")];
    expect(verdicts(envoyFilter("e", { configPatches: both }))).toEqual(["EF001", "EF005"]);
    expect(
      verdicts(
        envoyFilter("e", { configPatches: [both[0]] }),
        envoyFilter("f", { configPatches: [both[1]] }),
      ),
    ).toEqual(["EF001", "EF005"]);
    expect(
      verdicts(
        envoyFilter("f", { configPatches: [both[1]] }),
        envoyFilter("e", { configPatches: [both[0]] }),
      ),
    ).toEqual(["EF001", "EF001"]);
    const other = {
      ...patch("INSERT_BEFORE", "HTTP_FILTER"),
      patch: { operation: "INSERT_BEFORE", value: { name: "wasm" } },
    };
    expect(verdicts(envoyFilter("e", { configPatches: [both[0], other] }))).toEqual(["EF001", "EF001"]);
  });

  it("are looked at up to the first that patches nothing", () => {
    const configPatches = [patch("REPLACE", "CLUSTER"), { applyTo: "CLUSTER" }, patch("REPLACE", "CLUSTER")];
    expect(verdicts(envoyFilter("e", { configPatches }))).toEqual(["EF002"]);
  });
});

describe("EF006, modules from afar", () => {
  const filter = (applyTo: string, remote: object | undefined) =>
    envoyFilter("e", {
      configPatches: [
        {
          applyTo,
          patch: {
            operation: "ADD",
            value: {
              typed_config: {
                config: {
                  vm_config: { code: remote === undefined ? { local: { filename: "a" } } : { remote } },
                },
              },
            },
          },
        },
      ],
    });
  const sha256 = "a".repeat(64);
  it.each([
    ["EXTENSION_CONFIG", { sha256 }, undefined],
    ["EXTENSION_CONFIG", {}, "has no sha256"],
    ["EXTENSION_CONFIG", { sha256: "latest" }, "has no sha256"],
    ["HTTP_FILTER", { sha256 }, "is put into HTTP_FILTER itself"],
    ["HTTP_FILTER", {}, "has no sha256 and is put into HTTP_FILTER itself"],
    ["HTTP_FILTER", undefined, undefined],
  ])("%s %j", (applyTo, remote, message) => {
    const [found] = said("EF006", [filter(applyTo, remote)]);
    if (message === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(message);
  });
});

describe("WP001, modules that may change", () => {
  it.each([
    ["oci://r.example/a", undefined, "warning"],
    ["oci://r.example:5000/a", undefined, "warning"],
    ["r.example/a:latest", undefined, "warning"],
    ["https://r.example/a.wasm", undefined, "warning"],
    ["oci://r.example/a:1.0.0", undefined, "info"],
    ["oci://r.example/a:1.0.0", "b".repeat(64), undefined],
    [`oci://r.example/a@sha256:${"b".repeat(64)}`, undefined, undefined],
    ["file:///a.wasm", undefined, undefined],
  ])("%s with %s is %s", (url, sha256, severity) => {
    const wasm = { url, ...(sha256 && { sha256 }) };
    expect(said("WP001", [wasmPlugin("w", wasm)])[0]?.split(" ")[0]).toBe(severity);
    expect(said("WP001", [trafficExtension("t", { wasm })])[0]?.split(" ")[0]).toBe(severity);
  });
});

describe("WP002, plugins that fail open", () => {
  it.each([
    ["FAIL_OPEN", "AUTHN", 1],
    ["FAIL_OPEN", "AUTHZ", 1],
    ["FAIL_OPEN", "STATS", 0],
    ["FAIL_OPEN", undefined, 0],
    ["FAIL_CLOSE", "AUTHN", 0],
    ["FAIL_RELOAD", "AUTHZ", 0],
    [undefined, "AUTHN", 0],
  ])("%s in %s is %i", (failStrategy, phase, count) => {
    const wasm = { url: "file:///a", ...(failStrategy && { failStrategy }) };
    const in_ = phase && { phase };
    expect(said("WP002", [wasmPlugin("w", { ...wasm, ...in_ })])).toHaveLength(count);
    expect(said("WP002", [trafficExtension("t", { wasm, ...in_ })])).toHaveLength(count);
  });
});

describe("WP003, plugins of the wrong type", () => {
  it.each([
    ["oci://r/protocol-detection", undefined, 1],
    ["oci://r/protocol-detection", "HTTP", 1],
    ["oci://r/protocol-detection", "NETWORK", 0],
    ["oci://r/jwt-authn", "NETWORK", 1],
    ["oci://r/jwt-authn", undefined, 0],
    ["oci://r/rbac", "NETWORK", 0],
  ])("%s as %s is %i", (url, type, count) => {
    expect(said("WP003", [wasmPlugin("w", { url, ...(type && { type }) })])).toHaveLength(count);
  });

  it("never run in waypoints as network filters", () => {
    const plugin = (kind: string, type = "NETWORK") =>
      wasmPlugin("w", { url: "oci://r/rbac", type, targetRefs: [{ kind, name: "g" }] });
    const gateway = (gatewayClassName: string) =>
      object("gateway.networking.k8s.io/v1", "Gateway", "g", { gatewayClassName });
    expect(said("WP003", [plugin("Service")])).toHaveLength(1);
    expect(said("WP003", [plugin("Gateway"), gateway("istio-waypoint")])).toHaveLength(1);
    expect(said("WP003", [plugin("Gateway"), gateway("istio")])).toEqual([]);
    expect(said("WP003", [plugin("Service", "HTTP")])).toEqual([]);
  });
});

describe("WP004, selectors for Kubernetes' gateways", () => {
  const edge = pod("edge", { "gateway.networking.k8s.io/gateway-name": "g" });
  const selector = { matchLabels: { app: "edge" } };
  it("have no effect", () => {
    expect(said("WP004", [edge, wasmPlugin("w", { url: "file:///a", selector })])).toHaveLength(1);
    expect(said("WP004", [edge, authorization("a", { selector })])).toHaveLength(1);
    expect(said("WP004", [edge, requestAuthentication("r", { selector })])).toHaveLength(1);
    expect(
      said("WP004", [edge, object("telemetry.istio.io/v1", "Telemetry", "t", { selector })]),
    ).toHaveLength(1);
  });

  it("are all right for other pods, namespaces, and beside a targetRef", () => {
    expect(said("WP004", [pod("edge"), authorization("a", { selector })])).toEqual([]);
    expect(said("WP004", [edge, authorization("a", { selector }, { namespace: "dev" })])).toEqual([]);
    expect(said("WP004", [edge, authorization("a", { selector: { matchLabels: { app: "web" } } })])).toEqual(
      [],
    );
    expect(
      said("WP004", [edge, authorization("a", { selector, targetRef: { kind: "Gateway", name: "g" } })]),
    ).toEqual([]);
    expect(said("WP004", [edge, authorization("a", {})])).toEqual([]);
  });
});
