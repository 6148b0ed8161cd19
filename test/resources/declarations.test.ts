import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convertProtocol } from "../../harness/protocol/declarations-convert.js";
import { FILTER_NAMES, FILTER_PROTOCOLS } from "../../harness/protocol/declarations-names.js";
import { declarationsOf, type DeclarationOptions } from "../../harness/protocol/declarations.js";
import { problemText, resourcesOf } from "../../harness/resources/index.js";
import { filterModule, startFilter } from "../protocol/filter.js";

describe("convertProtocol", () => {
  // The table of Istio's own test (istio/pkg/config/kube), in its order.
  it.each([
    [8888, "", "TCP", undefined, "Unsupported", "sniff"],
    [25, "", "UDP", undefined, "UDP", "transport"],
    [88, "http-something", "TCP", undefined, "HTTP", "port-name"],
    [88, "http", "TCP", "https", "HTTPS", "appProtocol"],
    [88, "something-httpx", "TCP", "https", "HTTPS", "appProtocol"],
    [88, "grpc-web-x", "TCP", undefined, "GRPC-Web", "port-name"],
    [88, "grpcweb-x", "TCP", undefined, "Unsupported", "sniff"],
    [3306, "random-name", "TCP", undefined, "TCP", "well-known"],
    [3306, "random-name", "TCP", "kubernetes.io/h2c", "HTTP2", "appProtocol"],
  ])("port %i named '%s', %s, appProtocol %s is %s", (port, name, proto, appProtocol, protocol, reason) => {
    expect(convertProtocol(port, name, proto, appProtocol)).toEqual({ protocol, reason });
  });

  it.each([
    [80, "HTTP", undefined, undefined, "HTTP", "port-name"],
    [80, "http", undefined, "acme.dev/thing", "Unsupported", "sniff"],
    [27017, "http", undefined, "acme.dev/thing", "TCP", "well-known"],
    [80, "mysql", "UDP", "http", "UDP", "transport"],
    [80, "x", undefined, "kubernetes.io/wss", "HTTPS", "appProtocol"],
    [80, "kubernetes.io/ws", undefined, undefined, "Unsupported", "sniff"],
    [80, "grpc-webber", undefined, undefined, "GRPC-Web", "port-name"],
    [80, "http_proxy-x", undefined, undefined, "HTTP_PROXY", "port-name"],
  ])("port %i named '%s', %s, appProtocol %s is %s", (port, name, proto, appProtocol, protocol, reason) => {
    expect(convertProtocol(port, name, proto, appProtocol)).toEqual({ protocol, reason });
  });
});

const SERVICES = `apiVersion: v1
kind: Service
metadata:
  name: shop
  namespace: prod
  annotations: {tremula.dev/protocols: "5432=postgres, admin=http/1.1"}
spec:
  clusterIP: 10.0.0.7
  selector: {app: shop}
  ports:
  - {name: http-web, port: 80, targetPort: 8080}
  - {name: db, port: 5432}
  - {name: admin, port: 9000, targetPort: admin-port}
  - {name: metrics, port: 9090, appProtocol: kubernetes.io/h2c}
  - {name: store, port: 3306}
  - {name: other, port: 7000}
  - {name: dns, port: 53, protocol: UDP}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: prod}
spec:
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - name: shop
        ports: [{name: admin-port, containerPort: 9999}]
`;

const declare = (text: string, options: Partial<DeclarationOptions> = {}) =>
  declarationsOf(resourcesOf(text, { file: "s.yaml" }), { side: "inbound", undeclared: "auto", ...options });

const brief = (text: string, options: Partial<DeclarationOptions> = {}) =>
  declare(text, options).declarations.map(({ port, protocol, reason }) => [
    port,
    protocol,
    reason.replace(/^.*?port \S+: /, ""),
  ]);

describe("declarations", () => {
  it("say what decided, from annotation to sniff", () => {
    expect(declare(SERVICES).problems).toEqual([]);
    expect(brief(SERVICES)).toEqual([
      [3306, "tcp", "well-known port 3306"],
      [5432, "postgres", "annotation tremula.dev/protocols"],
      [7000, "auto", "sniff; neither appProtocol nor a name that begins with a protocol"],
      [8080, "http", "port-name http-web"],
      [9090, "http2", "appProtocol kubernetes.io/h2c"],
      [9999, "http/1.1", "annotation tremula.dev/protocols"],
    ]);
    expect(declare(SERVICES).declarations[3]!.reason).toBe(
      "Service prod/shop, s.yaml:1, port http-web: port-name http-web",
    );
  });

  it("are for the Service's address and port at its clients", () => {
    const { declarations } = declare(SERVICES, { side: "outbound" });
    expect(declarations[0]).toEqual({
      port: 80,
      addresses: ["10.0.0.7"],
      protocol: "http",
      reason: "Service prod/shop, s.yaml:1, port http-web: port-name http-web",
    });
    const headless = SERVICES.replace("10.0.0.7", "None");
    expect(declare(headless, { side: "outbound" }).declarations[0]).not.toHaveProperty("addresses");
  });

  it("take what nobody declared for what they are told to", () => {
    const port = (undeclared: DeclarationOptions["undeclared"]) =>
      brief(SERVICES, { undeclared }).find(([number]) => number === 7000);
    expect(port("tcp")).toEqual([
      7000,
      "tcp",
      "default; neither appProtocol nor a name that begins with a protocol",
    ]);
    expect(port("omit")).toBeUndefined();
  });

  it("need the workload where the target port has a name", () => {
    const { problems } = declare(SERVICES.split("---")[0]!);
    expect(problems.map(problemText)).toEqual([
      "s.yaml:13: Service prod/shop: targetPort: \"admin-port\" is the name of a container's port; give the workload's YAML too",
    ]);
  });

  const two = (first: string, second: string): string =>
    [first, second]
      .map((spec, index) => `apiVersion: v1\nkind: Service\nmetadata: {name: s${index}}\nspec: ${spec}\n`)
      .join("---\n");

  it("refuse two protocols at one place, and share what is equal", () => {
    const http = "{ports: [{name: http, port: 80}]}";
    const { problems, declarations } = declare(two(http, "{ports: [{name: tcp, port: 80}]}"));
    expect(problems.map(problemText)[0]).toMatch(
      /^s.yaml:9: Service default\/s1: port 80 is tcp .* and http for Service default\/s0/,
    );
    expect(declarations).toEqual([]);
    expect(declare(two(http, http)).declarations).toEqual([
      {
        port: 80,
        protocol: "http",
        reason:
          "Service default/s0, s.yaml:1, port http: port-name http; and Service default/s1, s.yaml:6, port http: port-name http",
      },
    ]);
    const byAddress = two(
      "{clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}",
      "{clusterIPs: [10.0.0.2, fd00::2], ports: [{name: tcp, port: 80}]}",
    );
    expect(
      declare(byAddress, { side: "outbound" }).declarations.map(({ addresses, protocol }) => [
        addresses,
        protocol,
      ]),
    ).toEqual([
      [["10.0.0.1"], "http"],
      [["10.0.0.2", "fd00::2"], "tcp"],
    ]);
  });

  it.each([
    ["80", /"80" is not PORT=PROTOCOL/],
    ["81=http", /the Service has no port "81"/],
    ["80=gopher", /unknown protocol "gopher"/],
  ])("refuse the annotation %s", (annotation, message) => {
    const text = `apiVersion: v1
kind: Service
metadata: {name: a, annotations: {tremula.dev/protocols: "${annotation}"}}
spec: {ports: [{port: 80}]}`;
    expect(declare(text).problems.map(problemText)[0]).toMatch(message);
  });

  it("leave out UDP, SCTP and names without addresses", () => {
    const text = two(
      "{ports: [{port: 53, protocol: UDP}, {port: 54, protocol: SCTP}]}",
      "{type: ExternalName, externalName: a.b, ports: [{port: 80, name: http}]}",
    );
    expect(declare(text)).toEqual({ declarations: [], problems: [] });
  });
});

describe("protocols", () => {
  it("are those that the filter knows", () => {
    const file = join(import.meta.dirname, "../../filters/protocol-detection/detect/protocol.ts");
    const names = /const NAMES[^[]*\[([^\]]*)\]/.exec(readFileSync(file, "utf8"))?.[1] ?? "";
    const known = [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
    const families = ["auto", "tcp", "http", "https", "grpc-web"];
    expect([...FILTER_PROTOCOLS].sort()).toEqual(
      [...known.filter((name) => name !== "unknown"), ...families].sort(),
    );
    expect(Object.values(FILTER_NAMES).every((name) => FILTER_PROTOCOLS.has(name))).toBe(true);
  });
});

describe("the command", () => {
  it("prints what the filter's configuration takes", () => {
    const cli = join(import.meta.dirname, "../../dist/harness/cli.js");
    const { status, stdout } = spawnSync(
      process.execPath,
      [cli, "protocol", "declarations", "-f", "-", "--side", "outbound"],
      {
        input: SERVICES,
        encoding: "utf8",
      },
    );
    expect(status).toBe(0);
    const { declarations } = JSON.parse(stdout) as { declarations: Record<string, unknown>[] };
    expect(declarations.map(({ port, addresses, protocol }) => [port, addresses, protocol])).toContainEqual([
      80,
      ["10.0.0.7"],
      "http",
    ]);
  });
});

describe("the filter", () => {
  it("takes every kind of declaration", async () => {
    const names = [
      "http",
      "http2",
      "http_proxy",
      "grpc",
      "grpc-web",
      "https",
      "tls",
      "tcp",
      "mongo",
      "redis",
      "mysql",
      "what",
    ];
    const ports = names.map((name, index) => ({ name, port: 8000 + index }));
    const others = [...FILTER_PROTOCOLS].map((_, index) => ({ port: 9000 + index }));
    const annotation = [...FILTER_PROTOCOLS]
      .map((protocol, index) => `${9000 + index}=${protocol}`)
      .join(",");
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "all", annotations: { "tremula.dev/protocols": annotation } },
      spec: { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1", "fd00::1"], ports: [...ports, ...others] },
    };
    const module = await filterModule();
    for (const side of ["inbound", "outbound"] as const) {
      const { declarations, problems } = declare(JSON.stringify(service), { side });
      expect(problems).toEqual([]);
      expect(declarations).toHaveLength(names.length + FILTER_PROTOCOLS.size);
      expect(() => startFilter(module, { mode: "label", declarations })).not.toThrow();
    }
    const [one] = declare(JSON.stringify(service)).declarations;
    expect(() => startFilter(module, { declarations: [{ ...one, protocol: "gopher" }] })).toThrow(/protocol/);
  });
});
