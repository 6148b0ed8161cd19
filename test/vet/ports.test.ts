import { describe, expect, it } from "vitest";
import {
  authorization,
  deployment,
  envoyFilter,
  meshConfig,
  namespace,
  object,
  requestAuthentication,
  said,
  service,
  serviceEntry,
  trafficExtension,
  wasmPlugin,
} from "./found.js";

describe("PD001, undeclared ports", () => {
  it.each([
    [{ port: 8080 }, 1],
    [{ port: 8080, name: "web" }, 1],
    [{ port: 8080, name: "web", appProtocol: "acme.dev/x" }, 1],
    [{ port: 8080, name: "http" }, 0],
    [{ port: 8080, name: "HTTP-web" }, 0],
    [{ port: 8080, name: "web", appProtocol: "kubernetes.io/h2c" }, 0],
    [{ port: 3306, name: "db" }, 0],
    [{ port: 8080, protocol: "UDP" }, 0],
  ])("%j is %i", (port, count) => {
    expect(said("PD001", service("web", [port]))).toHaveLength(count);
  });

  it("leaves Istio's and Kubernetes' own Services alone", () => {
    const ports = [{ port: 8080 }];
    expect(said("PD001", service("a", ports, {}, { labels: { istio: "pilot" } }))).toEqual([]);
    expect(said("PD001", service("a", ports, {}, { labels: { release: "istio" } }))).toEqual([]);
    expect(
      said(
        "PD001",
        service("a", ports, {}, { labels: { "gateway.istio.io/managed": "istio.io-gateway-controller" } }),
      ),
    ).toEqual([]);
    expect(said("PD001", service("a", ports, {}, { namespace: "kube-system" }))).toEqual([]);
    expect(said("PD001", service("a", ports, {}, { labels: { release: "mine" } }))).toHaveLength(1);
  });

  it("says what it has found", () => {
    expect(said("PD001", service("web", [{ port: 80, name: "web" }]))).toEqual([
      "info Service prod/web: port 80 (web) has neither appProtocol nor a name that begins with a protocol",
    ]);
  });
});

describe("PD002, servers that speak first", () => {
  it.each([
    [{ port: 4222 }, "nats by the port 4222"],
    [{ port: 9000, targetPort: 587 }, "smtp by the port 587"],
    [{ port: 9000, name: "my-smtp" }, 'smtp by the name "smtp"'],
    [{ port: 9000, name: "main", targetPort: "mariadb" }, 'mysql by the name "mariadb"'],
  ])("%j is an error", (port, by) => {
    expect(said("PD002", service("db", [port]))[0]).toContain(`is ${by}, and will hang`);
  });

  it.each([
    { port: 3306 },
    { port: 25 },
    { port: 4222, appProtocol: "tcp" },
    { port: 4222, name: "tcp-nats" },
    { port: 9000, name: "natsuki" },
    { port: 587, name: "web-http" },
  ])("%j is none", (port) => {
    expect(said("PD002", service("db", [port]))).toEqual([]);
  });

  it("is told by the image behind a Service's only port", () => {
    const database = (image: string) => deployment("db", { container: { image } });
    const db = service("db", [{ port: 9000, name: "main" }]);
    expect(said("PD002", [db, database("r.example:5000/library/mariadb:11@sha256:00")])[0]).toContain(
      "by the image",
    );
    expect(said("PD002", [db, database("acme/mariadb-exporter:1")])).toEqual([]);
    expect(said("PD002", [service("db", [{ port: 9000 }, { port: 9104 }]), database("mariadb")])).toEqual([]);
    expect(said("PD002", [service("db", [{ port: 9000, name: "admin-http" }]), database("mariadb")])).toEqual(
      [],
    );
    expect(said("PD002", [service("other", [{ port: 9000 }]), database("mariadb")])).toEqual([]);
  });
});

describe("PD003, names and appProtocol that disagree", () => {
  it.each([
    [{ port: 80, name: "http-x", appProtocol: "grpc" }, "is HTTP by its name and GRPC by its appProtocol"],
    [{ port: 80, name: "http-x", appProtocol: "acme.dev/x" }, "the port is sniffed"],
    [{ port: 27017, name: "mongo", appProtocol: "acme.dev/x" }, "is Mongo by its name and TCP"],
  ])("%j", (port, message) => {
    expect(said("PD003", service("a", [port]))[0]).toContain(message);
  });

  it.each([
    { port: 80, name: "http-x", appProtocol: "kubernetes.io/ws" },
    { port: 80, name: "web", appProtocol: "http" },
    { port: 80, name: "http" },
    { port: 53, name: "tcp-dns", appProtocol: "dns", protocol: "UDP" },
  ])("%j agrees", (port) => {
    expect(said("PD003", service("a", [port]))).toEqual([]);
  });
});

describe("PD004 and PD005, one listener for two protocols", () => {
  const external = (protocol: string, addresses?: string[]) =>
    serviceEntry(
      "ext",
      {
        hosts: ["db.example"],
        ports: [{ number: 8080, name: "x", protocol }],
        ...(addresses && { addresses }),
      },
      { namespace: "other" },
    );
  const http = service("web", [{ port: 8080, name: "http" }]);

  it("are found across namespaces", () => {
    expect(said("PD004", [http, external("TCP")])).toEqual([
      "warning ServiceEntry other/ext: port 8080 is TCP here and HTTP for Service prod/web (f.yaml:1); both get the listener 0.0.0.0_8080",
    ]);
    expect(said("PD005", [http, external("MONGO")])[0]).toContain(
      "error ServiceEntry other/ext: port 8080 is Mongo here and HTTP",
    );
    expect(said("PD004", [http, external("MONGO")])).toEqual([]);
  });

  it("need the same number, and no address", () => {
    expect(said("PD004", [service("web", [{ port: 8081, name: "http" }]), external("TCP")])).toEqual([]);
    expect(said("PD004", [http, external("TCP", ["10.0.0.1"])])).toEqual([]);
    expect(said("PD004", [http, external("HTTP")])).toEqual([]);
    expect(said("PD004", [service("web", [{ port: 8080, name: "tcp" }]), external("TCP")])).toEqual([]);
    expect(said("PD005", [external("MySQL")])).toEqual([]);
    expect(said("PD005", [external("MySQL"), external("TCP").replace('"ext"', '"ext2"')])).toHaveLength(1);
  });

  it("are found where HTTP takes a port that others use outside the mesh", () => {
    expect(said("PD004", service("web", [{ port: 3306, name: "http" }]))[0]).toContain("mysql too");
    expect(said("PD004", service("web", [{ port: 3306, name: "mysql" }]))).toEqual([]);
  });
});

describe("PD006, a timeout of detection", () => {
  it.each([
    ["protocolDetectionTimeout: 100ms", 1],
    ["protocolDetectionTimeout: 1m0s", 1],
    ["protocolDetectionTimeout: 0s", 0],
    ["protocolDetectionTimeout: 0ms", 0],
    ["rootNamespace: istio-config", 0],
    ["- no map", 0],
    ["{", 0],
    ["protocolDetectionTimeout: -0.00h0s", 0],
    // Took years when a row of zeros could be read in many ways.
    [`protocolDetectionTimeout: ${"0".repeat(60)}x`, 1],
  ])("%s is %i", (yaml, count) => {
    expect(said("PD006", meshConfig(yaml))).toHaveLength(count);
  });

  it("is read from the installer's file too", () => {
    const operator =
      "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: a}\nspec: {profile: demo, meshConfig: {protocolDetectionTimeout: 5s}}";
    expect(said("PD006", operator)).toEqual([
      "warning IstioOperator default/a: protocolDetectionTimeout is 5s",
    ]);
  });
});

describe("PD007, policies for HTTP on other ports", () => {
  const rule = { to: [{ operation: { paths: ["/admin"] } }] };
  const policy = (spec: object = {}) =>
    authorization("p", { selector: { matchLabels: { app: "web" } }, rules: [rule], ...spec });
  const sniffed = service("web", [{ port: 80, targetPort: 8080 }]);
  const tcp = service("web", [{ port: 80, targetPort: 8080, name: "tcp" }]);
  const web = deployment("web");

  it("are not enforced as written", () => {
    expect(said("PD007", [sniffed, web, policy()])).toEqual([
      "error AuthorizationPolicy prod/p: port 80 of Service prod/web (f.yaml:1) is sniffed: on a connection that does not begin like HTTP, the rule is dropped because of paths, and allows nothing",
    ]);
    expect(said("PD007", [sniffed, web, policy({ action: "DENY" })])[0]).toContain(
      "paths is dropped from the rule",
    );
    expect(said("PD007", [tcp, web, policy()])[0]).toMatch(/^warning .* is TCP: there, the rule is dropped/);
  });

  it("are an error on a TCP port that they name", () => {
    const ports = (number: string) =>
      policy({ rules: [{ to: [{ operation: { paths: ["/x"], ports: [number] } }] }] });
    expect(said("PD007", [tcp, web, ports("8080")])[0]).toMatch(/^error/);
    expect(said("PD007", [tcp, web, ports("9090")])).toEqual([]);
  });

  it.each([
    ["by source", { rules: [{ from: [{ source: { requestPrincipals: ["*"] } }] }] }],
    ["by condition", { rules: [{ when: [{ key: "request.headers[x]", values: ["1"] }] }] }],
  ])("are told %s", (_, spec) => {
    expect(said("PD007", [sniffed, web, policy(spec)])).toHaveLength(1);
  });

  it("may be tokens and plugins", () => {
    expect(
      said("PD007", [sniffed, web, requestAuthentication("r", { jwtRules: [{ issuer: "i" }] })])[0],
    ).toContain("no token is looked at");
    expect(said("PD007", [sniffed, web, wasmPlugin("w", { url: "oci://a/b" })])[0]).toContain(
      "the plugin never runs",
    );
    expect(said("PD007", [sniffed, web, trafficExtension("t", { lua: { inlineCode: "" } })])[0]).toContain(
      "the extension never runs",
    );
  });

  it("hold where the port is HTTP, and where they are for connections", () => {
    const http = service("web", [{ port: 80, name: "http" }]);
    expect(said("PD007", [http, web, policy()])).toEqual([]);
    expect(
      said("PD007", [sniffed, web, policy({ rules: [{ from: [{ source: { principals: ["a"] } }] }] })]),
    ).toEqual([]);
    expect(said("PD007", [sniffed, web, wasmPlugin("w", { url: "oci://a/b", type: "NETWORK" })])).toEqual([]);
    expect(said("PD007", [sniffed, deployment("other"), policy()])).toEqual([]);
    expect(
      said("PD007", [
        sniffed,
        web,
        policy({ selector: undefined, targetRefs: [{ kind: "Gateway", name: "g" }] }),
      ]),
    ).toEqual([]);
    expect(
      said("PD007", [sniffed, web, authorization("p", { rules: [rule] }, { namespace: "other" })]),
    ).toEqual([]);
    expect(
      said("PD007", [sniffed, web, authorization("p", { rules: [rule] }, { namespace: "istio-system" })]),
    ).toHaveLength(1);
  });

  it("may say which ports they are for by a condition, or by leaving some out", () => {
    const to = { operation: { paths: ["/x"], notPorts: ["8080"] } };
    const when = (values: string[]) => [{ key: "destination.port", values }];
    expect(said("PD007", [tcp, web, policy({ rules: [{ to: [to] }] })])).toEqual([]);
    expect(said("PD007", [tcp, web, policy({ rules: [{ ...rule, when: when(["9090"]) }] })])).toEqual([]);
    expect(said("PD007", [tcp, web, policy({ rules: [{ ...rule, when: when(["8080"]) }] })])[0]).toMatch(
      /^error/,
    );
    expect(said("PD007", [tcp, web, requestAuthentication("r", { jwtRules: [{ issuer: "i" }] })])).toEqual(
      [],
    );
  });

  it("are looked at by waypoints in the ambient mesh, and by nobody outside", () => {
    const bare = object("apps/v1", "Deployment", "web", {
      template: { metadata: { labels: { app: "web" } }, spec: {} },
    });
    const found = (labels: Record<string, string>) =>
      said("PD007", [sniffed, bare, policy(), namespace("prod", labels)]).length;
    expect(found({ "istio.io/dataplane-mode": "ambient" })).toBe(0);
    expect(found({})).toBe(0);
    expect(found({ "istio-injection": "enabled" })).toBe(1);
  });
});

const WASM = "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm";
const TCP_PROXY = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

function bootstrap(port: number, wasm: string | undefined, tcpProxy: object): string {
  const filters = [
    ...(wasm === undefined ? [] : [{ name: "w", typed_config: { "@type": WASM, config: { name: wasm } } }]),
    { name: "t", typed_config: { "@type": TCP_PROXY, ...tcpProxy } },
  ];
  const listener = {
    address: { socket_address: { address: "::", port_value: port } },
    filter_chains: [{ filters }],
  };
  return JSON.stringify({ static_resources: { listeners: [listener] } }, undefined, 1);
}

describe("PD008, a filter that pauses before tcp_proxy", () => {
  it.each([
    ["protocol-detection", {}, ["error"]],
    ["rbac", {}, ["info"]],
    ["protocol_detect", { max_early_data_bytes: 8192 }, []],
    ["protocol_detect", { maxEarlyDataBytes: 8192 }, []],
    [undefined, {}, []],
  ])("in Envoy's configuration: %s and %j", (wasm, tcpProxy, severities) => {
    const found = said("PD008", bootstrap(9000, wasm, tcpProxy));
    expect(found.map((text) => text.split(" ")[0])).toEqual(severities);
  });

  const patch = (value: object) =>
    envoyFilter("e", {
      priority: 1,
      configPatches: [{ applyTo: "NETWORK_FILTER", patch: { operation: "MERGE", value } }],
    });
  const early = patch({ typed_config: { "@type": TCP_PROXY, max_early_data_bytes: 8192 } });
  const ours = patch({ name: "protocol_detection", typed_config: { "@type": WASM } }).replace('"e"', '"f"');

  it("by EnvoyFilter and WasmPlugin, unless another EnvoyFilter gives tcp_proxy the bytes", () => {
    const plugin = wasmPlugin("w", {
      url: "oci://r.example/protocol-detection",
      type: "NETWORK",
      sha256: "0",
    });
    expect(said("PD008", [ours])).toHaveLength(1);
    expect(said("PD008", [ours, early])).toEqual([]);
    expect(said("PD008", [plugin])).toHaveLength(1);
    expect(said("PD008", [plugin, early])).toEqual([]);
    expect(said("PD008", [wasmPlugin("w", { url: "oci://r.example/rbac", type: "NETWORK" })])).toEqual([]);
  });
});

describe("PD008, a filter that never pauses, by its configuration", () => {
  const mysql = { port: 3306, protocol: "mysql" };

  it.each([
    ["what is declared is passed", { declarations: [mysql] }, 0],
    ["detection", { declarations: [mysql], detection: {} }, 1],
    ["HTTP, which is enforced", { declarations: [{ port: 80, protocol: "http" }] }, 1],
    ["HTTP by another name", { declarations: [{ port: 80, protocol: "http_proxy" }] }, 1],
    ["HTTP that is not", { declarations: [{ port: 80, protocol: "http", enforce: false }] }, 0],
    ["another one that is", { declarations: [{ port: 6379, protocol: "redis", enforce: true }] }, 1],
    ["a PROXY header", { declarations: [{ ...mysql, proxy_protocol: true }] }, 1],
    ["auto", { declarations: [{ port: 1, protocol: "auto" }] }, 1],
    ["what cannot be read", { declarations: "all" }, 1],
  ])("%s", (_, configuration, count) => {
    const named = { url: "oci://r.example/protocol-detection", type: "NETWORK", sha256: "0" };
    expect(said("PD008", [wasmPlugin("w", { ...named, pluginConfig: configuration })])).toHaveLength(count);
    const text = {
      "@type": "type.googleapis.com/google.protobuf.StringValue",
      value: JSON.stringify(configuration),
    };
    const config = { name: "protocol-detection", configuration: text };
    const [before = ""] = [bootstrap(9000, "protocol-detection", {})];
    const within = before.replace('"name": "protocol-detection"', JSON.stringify(config).slice(1, -1));
    expect(said("PD008", within)).toHaveLength(count);
    const discovered = envoyFilter("e", {
      priority: 1,
      configPatches: [
        {
          applyTo: "NETWORK_FILTER",
          patch: {
            operation: "INSERT_FIRST",
            value: { name: "protocol-detection", config_discovery: { type_urls: [WASM] } },
          },
        },
        {
          applyTo: "EXTENSION_CONFIG",
          patch: { operation: "ADD", value: { name: "protocol-detection", typed_config: { config } } },
        },
      ],
    });
    expect(said("PD008", [discovered])).toHaveLength(count);
  });
});

describe("PD009, tcp_proxy that waits for the client", () => {
  const waits = { upstream_connect_mode: "ON_DOWNSTREAM_DATA", max_early_data_bytes: 1 };
  it("hangs where the server speaks first", () => {
    expect(said("PD009", bootstrap(3306, undefined, waits))[0]).toContain("port 3306 is mysql");
    expect(said("PD009", bootstrap(6379, undefined, waits))).toEqual([]);
    expect(said("PD009", bootstrap(3306, undefined, { upstream_connect_mode: "IMMEDIATE" }))).toEqual([]);
  });

  it("by EnvoyFilter: for its port, or for any of the Services'", () => {
    const filter = (match: object) =>
      envoyFilter("e", {
        configPatches: [
          { applyTo: "NETWORK_FILTER", match, patch: { operation: "MERGE", value: { typed_config: waits } } },
        ],
      });
    const mail = service("mail", [{ port: 587, name: "tcp" }]);
    expect(said("PD009", [filter({ listener: { portNumber: 25 } })])).toHaveLength(1);
    expect(said("PD009", [filter({ listener: { portNumber: 80 } }), mail])).toEqual([]);
    expect(said("PD009", [filter({}), mail])).toHaveLength(1);
    expect(said("PD009", [filter({})])).toEqual([]);
  });
});

describe("PD010, greetings that are too short", () => {
  it.each([
    [{ port: 389 }, 1],
    [{ port: 9000, name: "corp-ldap" }, 1],
    [{ port: 2181, name: "client" }, 1],
    [{ port: 389, name: "tcp-ldap" }, 0],
    [{ port: 636, name: "ldaps" }, 0],
  ])("%j is %i", (port, count) => {
    expect(said("PD010", service("a", [port]))).toHaveLength(count);
  });
});

describe("PD011, ports of ExternalName Services", () => {
  const external = (port: object) =>
    service("e", [port as Record<string, unknown>], { type: "ExternalName", externalName: "a.example" });
  it.each([
    [{ port: 80, name: "tcp" }, 1],
    [{ port: 80 }, 1],
    [{ port: 80, name: "tcp-x" }, 0],
    [{ port: 80, name: "https" }, 0],
  ])("%j is %i", (port, count) => {
    expect(said("PD011", external(port))).toHaveLength(count);
    expect(said("PD001", external(port))).toEqual([]);
  });
});
