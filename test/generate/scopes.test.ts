import { describe, expect, test } from "vitest";
import { decidePeerModes, validatePeerAuthentication } from "../../harness/generate/peer-authentication.js";
import { oldestFirst, select, type Workload } from "../../harness/generate/select.js";
import { accessLog, hasLostFilter } from "../../harness/generate/access-log.js";
import { applyTelemetry, statsConfig } from "../../harness/generate/telemetry.js";
import { validateTelemetry } from "../../harness/generate/validate-telemetry.js";
import { workloadOf } from "../../harness/generate/workload.js";
import {
  AuthorizationPolicy,
  PeerAuthentication,
  resourcesOf,
  Telemetry,
  type Kind,
} from "../../harness/resources/index.js";

const WORKLOAD: Workload = {
  name: "web",
  namespace: "prod",
  labels: { app: "web", version: "v1" },
  rootNamespace: "istio-system",
  trustDomain: "cluster.local",
  aliases: [],
};

/** Objects of a kind, each by its name (`namespace/name`, or with `@` and a year in which it was made) and spec. */
function objects<Spec>(kind: Kind<Spec>, specs: Readonly<Record<string, string>>) {
  const documents = Object.entries(specs).map(([title, spec]) => {
    const [, namespace, name, year] = /^([^/]+)\/([^@]+)(?:@(\d+))?$/.exec(title)!;
    const made = year === undefined ? "" : `, creationTimestamp: "${year}-01-01T00:00:00Z"`;
    const version = `${kind.group}/${kind.versions[0]}`;
    return `{apiVersion: ${version}, kind: ${kind.kind}, metadata: {name: "${name}", namespace: ${namespace}${made}}, spec: ${spec}}`;
  });
  const resources = resourcesOf(documents.join("\n---\n"));
  expect(resources.problems).toEqual([]);
  return resources.of(kind);
}

describe("a resource is for a workload", () => {
  test.for([
    ["prod", "{}", "namespace", "namespace"],
    ["other", "{}", null, null],
    ["istio-system", "{}", "mesh", "mesh"],
    ["prod", "{selector: {matchLabels: {app: web}}}", "workload", "workload"],
    ["prod", "{selector: {matchLabels: {app: web, version: v2}}}", null, null],
    ["prod", "{selector: {matchLabels: {}}}", "namespace", "namespace"],
    ["istio-system", "{selector: {matchLabels: {app: web}}}", "workload", null],
    ["prod", "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gw}]}", null, null],
  ] as const)("in %s with %s: %s", ([namespace, spec, ofPolicies, ofOthers]) => {
    const [policy] = objects(AuthorizationPolicy, { [`${namespace}/p`]: spec });
    expect(select(policy!, WORKLOAD, true).scope).toBe(ofPolicies);
    expect(select(policy!, WORKLOAD, false).scope).toBe(ofOthers);
  });

  test.for([
    ["prod", "gateway.networking.k8s.io", "Gateway", "gw", "workload"],
    ["prod", "gateway.networking.k8s.io", "Gateway", "other", null],
    ["prod", "networking.istio.io", "Gateway", "gw", null],
    ["prod", "''", "Service", "gw", null],
    ["istio-system", "gateway.networking.k8s.io", "Gateway", "gw", null],
  ] as const)(
    "of the Gateway gw when a policy in %s names %s %s %s: %s",
    ([namespace, group, kind, name, scope]) => {
      const spec = `{targetRefs: [{group: ${group}, kind: ${kind}, name: ${name}}]}`;
      const [policy] = objects(AuthorizationPolicy, { [`${namespace}/p`]: spec });
      expect(select(policy!, { ...WORKLOAD, gateway: "gw" }, true).scope).toBe(scope);
    },
  );

  test("of the Gateway that its labels name", () => {
    const query = {
      name: null,
      namespace: "prod",
      rootNamespace: "istio-system",
      trustDomain: "t",
      aliases: [],
    };
    const labels = { "gateway.networking.k8s.io/gateway-name": "gw" };
    const gatewayOf = (gateway: string | null) =>
      workloadOf(resourcesOf(""), { ...query, labels, gateway }).gateway;
    expect([gatewayOf(null), gatewayOf(""), gatewayOf("other")]).toEqual(["gw", "gw", "other"]);
  });

  test("and the oldest comes first, then by name", () => {
    const all = objects(AuthorizationPolicy, {
      "prod/b@2022": "{}",
      "prod/a@2023": "{}",
      "prod/z@2021": "{}",
      "prod/c@2022": "{}",
    });
    expect(oldestFirst(all).map(({ name }) => name)).toEqual(["z", "b", "c", "a"]);
  });
});

describe("PeerAuthentication", () => {
  const modeOf = (specs: Readonly<Record<string, string>>) =>
    decidePeerModes(objects(PeerAuthentication, specs), WORKLOAD);
  const mode = (name: string) => `{mtls: {mode: ${name}}}`;
  const own = (rest: string) => `{selector: {matchLabels: {app: web}}, ${rest}}`;

  test.for([
    ["nothing", {}, "PERMISSIVE", null],
    ["the mesh", { "istio-system/m": mode("STRICT") }, "STRICT", "m"],
    [
      "the namespace before the mesh",
      { "istio-system/m": mode("STRICT"), "prod/n": mode("DISABLE") },
      "DISABLE",
      "n",
    ],
    [
      "the workload before both",
      {
        "istio-system/m": mode("STRICT"),
        "prod/n": mode("STRICT"),
        "prod/w": own("mtls: {mode: PERMISSIVE}"),
      },
      "PERMISSIVE",
      "w",
    ],
    [
      "what is wider, where it is unset",
      { "istio-system/m": mode("STRICT"), "prod/n": mode("UNSET"), "prod/w": own("mtls: {}") },
      "STRICT",
      "m",
    ],
    [
      "the oldest, not the strictest",
      { "prod/b@2021": mode("DISABLE"), "prod/a@2022": mode("STRICT") },
      "DISABLE",
      "b",
    ],
    ["the first by name, of one age", { "prod/b": mode("DISABLE"), "prod/a": mode("STRICT") }, "STRICT", "a"],
    [
      "no selector in the root namespace",
      { "istio-system/w": own("mtls: {mode: STRICT}") },
      "PERMISSIVE",
      null,
    ],
    [
      "nothing of other workloads",
      { "prod/w": "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}}" },
      "PERMISSIVE",
      null,
    ],
  ] as const)("%s decides", ([, specs, expected, by]) => {
    const { workload } = modeOf(specs);
    expect(workload.mode).toBe(expected);
    expect(workload.by?.name ?? null).toBe(by);
  });

  test("a port has a mode of its own, or the workload's where it is unset", () => {
    const specs = { "prod/w": own("mtls: {mode: STRICT}, portLevelMtls: {'80': {mode: DISABLE}, '81': {}}") };
    const { ports, workload } = modeOf(specs);
    expect([...ports].map(([port, { mode }]) => `${port} ${mode}`)).toEqual(["80 DISABLE", "81 STRICT"]);
    expect(workload.mode).toBe("STRICT");
  });

  test("in the root namespace a workload of it has no mode by selector either", () => {
    const policies = objects(PeerAuthentication, { "istio-system/w": own("mtls: {mode: STRICT}") });
    const peer = decidePeerModes(policies, { ...WORKLOAD, namespace: "istio-system" });
    expect(peer.workload.mode).toBe("PERMISSIVE");
    expect(peer.outranked.map(({ why }) => why)).toEqual([
      expect.stringContaining("ignored in the root namespace"),
    ]);
  });

  test.for([
    ["{portLevelMtls: {'80': {mode: STRICT}}}", /only with a selector/],
    [own("portLevelMtls: {}"), /no port/],
    [own("portLevelMtls: {'0': {mode: STRICT}}"), /"0" is no port/],
    [own("portLevelMtls: {'65536': {mode: STRICT}}"), /no port from 1/],
  ] as const)("Istio refuses %s", ([spec, problem]) => {
    const [policy] = objects(PeerAuthentication, { "prod/p": spec });
    expect(validatePeerAuthentication(policy!).map(({ message }) => message)).toEqual([
      expect.stringMatching(problem),
    ]);
  });
});

describe("Telemetry", () => {
  const applied = (specs: Readonly<Record<string, string>>) =>
    applyTelemetry(objects(Telemetry, specs), WORKLOAD).applied;
  const stats = (specs: Readonly<Record<string, string>>, mode: "CLIENT" | "SERVER" = "SERVER") =>
    statsConfig(applied(specs), mode, false);
  const metrics = (...overrides: string[]) => `{metrics: [{overrides: [${overrides.join(", ")}]}]}`;
  const SERVER = { disable_host_header_fallback: true };

  test("says nothing of metrics: there is no filter", () => {
    expect(stats({})).toBeNull();
    expect(stats({ "prod/t": "{tracing: [{}]}" })).toBeNull();
  });

  test("makes overrides of tags and metrics, by their statistics' names", () => {
    const spec = metrics(
      "{match: {metric: REQUEST_COUNT}, tagOverrides: {b: {value: request.host}, a: {operation: REMOVE}, c: {value: request.path}}}",
      "{match: {metric: TCP_SENT_BYTES}, disabled: true}",
      "{match: {customMetric: mine}, tagOverrides: {d: {value: 'x'}}}",
    );
    expect(stats({ "prod/t": spec })).toEqual({
      ...SERVER,
      metrics: [
        {
          name: "requests_total",
          dimensions: { b: "request.host", c: "request.path" },
          tags_to_remove: ["a"],
        },
        { name: "tcp_sent_bytes_total", drop: true },
        { name: "mine", dimensions: { d: "x" } },
      ],
    });
  });

  test("overrides all metrics where none is named", () => {
    const found = stats({ "prod/t": metrics("{tagOverrides: {a: {operation: REMOVE}}}") });
    expect((found?.["metrics"] as { name: string }[]).map(({ name }) => name)).toHaveLength(10);
  });

  test("adds up from the mesh to the workload, and the last one to speak decides", () => {
    const specs = {
      "istio-system/m": metrics(
        "{match: {metric: REQUEST_COUNT}, tagOverrides: {a: {value: '1'}, b: {value: '1'}}}",
      ),
      "prod/n": metrics("{match: {metric: REQUEST_COUNT}, tagOverrides: {a: {operation: REMOVE}}}"),
      "prod/w": `{selector: {matchLabels: {app: web}}, metrics: [{reportingInterval: 7s, overrides: [{match: {metric: REQUEST_COUNT}, tagOverrides: {b: {value: '2'}}}]}]}`,
    };
    expect(stats(specs)).toEqual({
      ...SERVER,
      tcp_reporting_duration: "7s",
      metrics: [{ name: "requests_total", dimensions: { b: "2" }, tags_to_remove: ["a"] }],
    });
  });

  test("of one scope only the oldest counts", () => {
    const specs = {
      "prod/b@2021": metrics("{match: {metric: REQUEST_SIZE}, disabled: true}"),
      "prod/a@2022": metrics("{match: {metric: RESPONSE_SIZE}, disabled: true}"),
    };
    expect(stats(specs)).toEqual({ ...SERVER, metrics: [{ name: "request_bytes", drop: true }] });
  });

  test("of a workload all count, and the newest decides", () => {
    const own = (overrides: string, log: string) =>
      `{selector: {matchLabels: {app: web}}, metrics: [{overrides: [${overrides}]}], accessLogging: [${log}]}`;
    const specs = {
      "prod/b@2021": own("{match: {metric: REQUEST_SIZE}, disabled: true}", "{providers: [{name: envoy}]}"),
      "prod/a@2022": own(
        "{match: {metric: REQUEST_SIZE}, disabled: false}, {match: {metric: RESPONSE_SIZE}, disabled: true}",
        "{disabled: true}",
      ),
    };
    expect(stats(specs)).toEqual({
      ...SERVER,
      metrics: [{ name: "request_bytes" }, { name: "response_bytes", drop: true }],
    });
    expect(accessLog(applied(specs), "SERVER")).toBeNull();
  });

  test("turns all metrics off, on one side or both, and on again further in", () => {
    const off = (mode: string) => metrics(`{match: {metric: ALL_METRICS${mode}}, disabled: true}`);
    expect(stats({ "istio-system/m": off("") })).toBeNull();
    expect(stats({ "istio-system/m": metrics("{disabled: true}") })).toBeNull();
    expect(
      stats({ "istio-system/m": metrics("{match: {mode: CLIENT}, disabled: true}") }, "CLIENT"),
    ).toBeNull();
    expect(stats({ "istio-system/m": off(", mode: CLIENT") }, "CLIENT")).toBeNull();
    expect(stats({ "istio-system/m": off(", mode: CLIENT") }, "SERVER")).toEqual(SERVER);
    const on = metrics("{match: {metric: REQUEST_COUNT}, disabled: false}");
    for (const wide of [off(""), metrics("{disabled: true}")]) {
      expect(stats({ "istio-system/m": wide, "prod/n": on })).toEqual({
        ...SERVER,
        metrics: [{ name: "requests_total" }],
      });
    }
  });

  test.for(["constructor", "ALL_METRICS"])("overrides somebody's own metric %s", (name) => {
    expect(stats({ "prod/t": metrics(`{match: {customMetric: ${name}}, disabled: true}`) })).toEqual({
      ...SERVER,
      metrics: [{ name, drop: true }],
    });
  });

  test("reports connections as often as it says, in the words of Envoy", () => {
    const config = stats({ "prod/t": "{metrics: [{reportingInterval: 1m30s}]}" });
    expect(config).toEqual({ ...SERVER, tcp_reporting_duration: "90s" });
  });

  test("is somebody else's when it names another provider", () => {
    expect(stats({ "prod/t": "{metrics: [{providers: [{name: stackdriver}]}]}" })).toBeNull();
    const specs = {
      "istio-system/m": "{metrics: [{providers: [{name: other}]}]}",
      "prod/n": "{metrics: [{providers: [{name: prometheus}]}]}",
    };
    expect(stats(specs)).toEqual(SERVER);
  });

  test("counts hosts that clients make up for a sidecar's own requests alone", () => {
    const of = (mode: "CLIENT" | "SERVER", isGateway: boolean) =>
      statsConfig(applied({ "prod/t": metrics() }), mode, isGateway)?.["disable_host_header_fallback"];
    expect([of("SERVER", false), of("CLIENT", false), of("CLIENT", true)]).toEqual([true, false, true]);
  });

  test("asks for an access log, whole or by an expression, until one further in turns it off", () => {
    const log = (specs: Readonly<Record<string, string>>) => accessLog(applied(specs), "SERVER")?.expression;
    const failed =
      "{accessLogging: [{providers: [{name: envoy}], filter: {expression: response.code >= 400}}]}";
    expect(log({})).toBeUndefined();
    expect(log({ "prod/t": "{accessLogging: [{}]}" })).toBeNull();
    expect(log({ "prod/t": failed })).toBe("response.code >= 400");
    expect(log({ "prod/t": "{accessLogging: [{match: {mode: CLIENT}}]}" })).toBeUndefined();
    expect(
      log({ "istio-system/m": failed, "prod/n": "{accessLogging: [{disabled: true}]}" }),
    ).toBeUndefined();
    expect(log({ "prod/t": "{accessLogging: [{providers: [{name: otel}]}]}" })).toBeUndefined();
  });

  test("asks another provider further in, and Envoy's own log is no more", () => {
    const specs = {
      "istio-system/m": "{accessLogging: [{providers: [{name: envoy}]}]}",
      "prod/n": "{accessLogging: [{providers: [{name: otel}]}]}",
    };
    expect(accessLog(applied(specs), "SERVER")).toBeNull();
    const stopsOther = "{accessLogging: [{providers: [{name: otel}]}, {disabled: true}]}";
    const own = `{selector: {matchLabels: {app: web}}, accessLogging: [{providers: [{name: envoy}]}]}`;
    expect(accessLog(applied({ "prod/n": stopsOther, "prod/w": own }), "SERVER")).not.toBeNull();
  });

  test("has the expression of the last entry that names the provider", () => {
    const specs = {
      "prod/t":
        "{accessLogging: [{providers: [{name: envoy}], filter: {expression: response.code >= 400}}, {filter: {expression: 'true'}}]}",
    };
    expect(accessLog(applied(specs), "SERVER")?.expression).toBe("response.code >= 400");
    const [alone] = objects(Telemetry, { "prod/t": "{accessLogging: [{filter: {expression: 'true'}}]}" });
    expect(accessLog([alone!], "SERVER")?.expression).toBeNull();
    expect(hasLostFilter(alone!)).toBe(true);
  });

  test.for([
    [metrics("{tagOverrides: {a: {operation: REMOVE, value: x}}}"), /no value/],
    [metrics("{tagOverrides: {a: {value: ''}}}"), /a value/],
    [metrics("{match: {customMetric: ''}}"), /customMetric/],
    [metrics("{match: {customMetric: a, metric: REQUEST_COUNT}}"), /only one/],
    ["{metrics: [{reportingInterval: soon}]}", /no duration/],
    ["{metrics: [{providers: [{name: ''}]}]}", /a name/],
    ["{accessLogging: [{providers: [{name: ''}]}]}", /a name/],
    ["{tracing: [{randomSamplingPercentage: 101}]}", /0 to 100/],
    ["{selector: {matchLabels: {a: '*'}}}", /asterisk/],
    ["{targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: ''}}", /a name/],
    [
      "{targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: a, namespace: prod}}",
      /other namespaces/,
    ],
  ] as const)("Istio refuses %s", ([spec, problem]) => {
    const [resource] = objects(Telemetry, { "prod/t": spec });
    expect(validateTelemetry(resource!).map(({ message }) => message)).toEqual([
      expect.stringMatching(problem),
    ]);
  });
});
