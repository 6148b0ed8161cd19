import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { metadata, type Plugin, type PropertyMap, startPlugin } from "../../harness/host/index.js";
import { moduleFile, SERVER } from "./stats-support.js";

/** As `xds.node` has it. */
const NODE = SERVER as PropertyMap;

type StartOptions = NonNullable<Parameters<typeof startPlugin>[1]>;

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await WebAssembly.compile(await readFile(await moduleFile()));
}, 120_000);

function start(configuration: unknown, options: StartOptions = {}): Plugin {
  return startPlugin(module, { configuration, node: { id: "", metadata: NODE }, ...options });
}

/** The series of a metric: values by what stands in the name. */
function series(plugin: Plugin, metric: string): Record<string, string>[] {
  return plugin.host.stats
    .names()
    .filter((name) => name.endsWith(`;.;istio_${metric}`))
    .map((name) =>
      Object.fromEntries(
        name
          .split(";.;")
          .slice(0, -1)
          .map((label) => /^(.*?)=\.=(.*)$/.exec(label)!.slice(1) as [string, string]),
      ),
    );
}

const CARDINALITY = Number(process.env["TREMULA_HOSTS"] ?? 200_000);

describe("what clients choose", () => {
  it(`leaves memory flat over ${CARDINALITY} hosts`, { timeout: 600_000 + CARDINALITY }, () => {
    const plugin = start({ host_header: { max_hosts: 500 } });
    const send = (from: number, to: number) => {
      for (let i = from; i < to; i++) plugin.request({ authority: `host-${i * 7919}.example` });
    };
    send(0, 2_000);
    const pages = plugin.memoryPages;
    send(2_000, CARDINALITY);
    expect(plugin.memoryPages).toBeLessThanOrEqual(pages + 1);
    const hosts = series(plugin, "requests_total");
    expect(hosts).toHaveLength(501);
    plugin.tick();
    expect(plugin.counter("telemetry.hosts_other")).toBe(CARDINALITY - 500);
    const total = plugin.host.stats
      .names()
      .filter((name) => name.endsWith("istio_requests_total"))
      .reduce((sum, name) => sum + plugin.counter(name), 0);
    expect(total).toBe(CARDINALITY);
  });

  it("does not know a host that is empty", () => {
    const plugin = start({});
    plugin.request({ authority: "" });
    expect(series(plugin, "requests_total")).toMatchObject([
      { destination_service: "unknown", destination_service_name: "unknown" },
    ]);
    plugin.tick();
    expect(plugin.counter("telemetry.hosts_other")).toBe(0);
  });

  it("has no more series than it may, whatever the label", () => {
    const plugin = start({
      max_series: 50,
      max_label_values: 20,
      metrics: [{ name: "requests_total", dimensions: { x: "request.headers['x']" } }],
    });
    for (let i = 0; i < 1_000; i++) {
      plugin.request({ headers: { x: `${i}` } }, { status: 200 + (i % 90) });
    }
    expect(series(plugin, "requests_total").length).toBeLessThanOrEqual(51);
    plugin.tick();
    expect(plugin.counter("telemetry.values_overflow")).toBe(980);
    expect(plugin.counter("telemetry.series_overflow")).toBeGreaterThan(0);
  });

  it("has 5,000 series when nobody says how many", () => {
    const others = ["request_duration_milliseconds", "request_bytes", "response_bytes"];
    const plugin = start({
      host_header: { max_hosts: 6_000 },
      metrics: others.map((name) => ({ name, drop: true })),
    });
    for (let i = 0; i < 5_010; i++) plugin.request({ authority: `host-${i}.example` });
    expect(series(plugin, "requests_total")).toHaveLength(5_001);
    plugin.tick();
    expect(plugin.counter("telemetry.series_overflow")).toBe(10);
  });

  it("keeps a value of an expression one value", () => {
    const plugin = start({
      metrics: [{ name: "requests_total", dimensions: { x: "request.headers['x']" } }],
    });
    plugin.request({ headers: { x: "a;.;b=.=c" } });
    expect(series(plugin, "requests_total")[0]!["x"]).toBe("a_._b=.=c");
    const stream = plugin.http();
    stream.setProperty(["xds", "listener_direction"], 1);
    stream.setProperty(
      ["connection", "uri_san_peer_certificate"],
      new Uint8Array([0x63, 0xff, 0xc3, 0xa9, 0x0a]),
    );
    stream.sendHeaders({ path: "/" }, { endOfStream: true });
    stream.respondHeaders({ status: 200 }, { endOfStream: true });
    expect(series(plugin, "requests_total").map((labels) => labels["source_principal"])).toContain("c_é_");
  });

  it("survives any filter state in a peer's place", () => {
    const plugin = start({});
    for (let i = 0; i < 500; i++) {
      const stream = plugin.http();
      const octets = Uint8Array.from({ length: i % 97 }, (_, at) => (i * 31 + at * 17) & 0xff);
      stream.setFilterState("wasm.downstream_peer", octets).setFilterState("wasm.upstream_peer", octets);
      stream.setProperty(["xds", "listener_direction"], i % 2);
      stream.setProperty(["xds", "cluster_name"], "c");
      stream.setProperty(["xds", "cluster_metadata"], metadata({ istio: { services: octets.length } }));
      stream.sendHeaders({ path: "/" }, { endOfStream: true });
      stream.respondHeaders({ status: 200 }, { endOfStream: true });
    }
    expect(plugin.trap).toBeNull();
  });
});

describe("a configuration", () => {
  it.each([
    ["{", "$"],
    [{ unknown: 1 }, "$.unknown: unknown field"],
    [{ metrics: [{ name: "no_such" }] }, "$.metrics[0].name: there is no such metric"],
    [{ metrics: [{ dimensions: { "a-b": "'x'" } }] }, "the label must be letters, digits and underscores"],
    [{ definitions: [{ name: "x" }] }, "$.definitions[0].value: missing"],
    [{ definitions: [{ name: "x", value: "cannot _ parse" }] }, "$.definitions[0].value: is no expression"],
    [{ definitions: [{ name: "a.b", value: "1" }] }, "$.definitions[0].name"],
    [{ definitions: [{ name: "tcp_sent_bytes_total", value: "1" }] }, "cannot be defined anew"],
    [{ host_header: { allow: ["a*b"] } }, "$.host_header.allow[0]"],
    [{ max_series: 0 }, "$.max_series"],
    [{ disable_host_header_fallback: 1 }, "$.disable_host_header_fallback"],
  ])("%j is refused", (configuration, message) => {
    expect(() => start(configuration)).toThrow(message);
  });

  it.each([
    {},
    "",
    {
      disable_host_header_fallback: "true",
      tcp_reporting_duration: "15s",
      debug: true,
      stat_prefix: "istio",
    },
    {
      disableHostHeaderFallback: true,
      tcpReportingDuration: "1m30s",
      fieldSeparator: ";.;",
      maxPeerCacheSize: 20,
    },
    {
      metrics: [{ name: "istio_requests_total", tagsToRemove: ["response_code"], match: "x" }],
      reporter: "SERVER_GATEWAY",
    },
    { metrics: [{ drop: true }], rotation_interval: "1s", graceful_deletion_interval: "1s" },
    {
      disable_host_header_fallback: null,
      tcp_reporting_duration: null,
      metrics: [{ name: null, dimensions: null, tags_to_remove: null, drop: null, match: null }],
      definitions: null,
      reporter: null,
      peer_metadata: null,
    },
  ])("%j is taken", (configuration) => {
    const plugin = start(configuration);
    plugin.request();
    plugin.tick();
    expect(plugin.trap).toBeNull();
  });

  it("reports every five seconds unless it says otherwise, or what it says cannot be read", () => {
    expect(start({}).tickPeriodMs).toBe(5_000);
    expect(start({ tcp_reporting_duration: "15s" }).tickPeriodMs).toBe(15_000);
    const plugin = start({ tcp_reporting_duration: "soon" });
    expect(plugin.tickPeriodMs).toBe(5_000);
    expect(plugin.logs().join()).toContain("tcp_reporting_duration is no duration: soon");
  });

  it("takes removed labels back at their place", () => {
    const plugin = start({
      metrics: [
        { name: "requests_total", tags_to_remove: ["source_app", "reporter"] },
        { name: "requests_total", dimensions: { source_app: "'x'", zone: "'z'", area: "'a'" } },
      ],
    });
    plugin.request();
    const [name] = plugin.host.stats.names().filter((one) => one.endsWith("istio_requests_total"));
    expect(name).toMatch(
      /^source_workload=.*;source_principal=\.=unknown;\.;source_app=\.=x;\.;source_version=/,
    );
    expect(name).toMatch(/area=\.=a;\.;zone=\.=z;\.;istio_requests_total$/);
  });

  it("asks the host for nothing that no metric needs", () => {
    const plugin = start(
      {
        metrics: [
          { tags_to_remove: Object.keys(series(warm(), "requests_total")[0]!) },
          { name: "request_bytes", drop: true },
        ],
      },
      { trace: true },
    );
    plugin.request();
    plugin.trace.clear();
    plugin.request();
    expect(plugin.trace.toString()).not.toContain("flags");
    expect(plugin.trace.toString()).not.toContain("filter_state");
    expect(plugin.host.stats.names()).toContain("istio_requests_total");
  });
});

function warm(): Plugin {
  const plugin = start({});
  plugin.request();
  return plugin;
}

it("asks the host few questions for a request whose series is known", () => {
  const plugin = start({}, { trace: true });
  const once = () => {
    const stream = plugin.http();
    stream.setProperty(["xds", "listener_direction"], 1);
    stream.setProperty(["xds", "cluster_name"], "inbound|80||");
    stream.setProperty(
      ["xds", "cluster_metadata"],
      metadata({ istio: { services: [{ host: "a.b", name: "a", namespace: "b" }] } }),
    );
    stream.setProperty(["connection", "id"], 7);
    stream.sendHeaders({ path: "/" }, { endOfStream: true });
    stream.respondHeaders({ status: 200 }, { endOfStream: true });
  };
  once();
  plugin.trace.clear();
  once();
  const calls = plugin.trace.toString().match(/ {2}proxy_\w+\(.*/g) ?? [];
  expect(calls.filter((call) => call.includes("define"))).toEqual([]);
  expect(calls.map((call) => call.trim())).toHaveLength(13);
});

describe("a connection", () => {
  function total(plugin: Plugin, metric: string): number {
    return plugin.host.stats
      .names()
      .filter((name) => name.endsWith(`istio_${metric}`))
      .reduce((sum, name) => sum + plugin.counter(name), 0);
  }

  function open(plugin: Plugin) {
    return plugin
      .tcp()
      .setProperty(["xds", "listener_direction"], 1)
      .setProperty(["xds", "cluster_name"], "inbound|80||")
      .setProperty(["request", "size"], 560)
      .setProperty(["response", "size"], 20);
  }

  it("waits one reporting duration for its peer, and no longer", () => {
    const plugin = start({});
    open(plugin);
    plugin.tick();
    expect(total(plugin, "tcp_connections_opened_total")).toBe(0);
    plugin.tick();
    expect(total(plugin, "tcp_connections_opened_total")).toBe(1);
    expect(total(plugin, "tcp_received_bytes_total")).toBe(560);
  });

  it("waits as long as it is told", () => {
    const plugin = start({ peer_deadline: "12s" });
    open(plugin);
    for (let i = 0; i < 3; i++) plugin.tick();
    expect(total(plugin, "tcp_connections_opened_total")).toBe(0);
    plugin.tick();
    expect(total(plugin, "tcp_connections_opened_total")).toBe(1);
  });

  it("does not wait when it is sure that the peer says nothing", () => {
    const plugin = start({});
    open(plugin).setProperty("downstream_peer_id", "envoy.wasm.metadata_exchange.peer_unknown");
    plugin.tick();
    expect(total(plugin, "tcp_connections_opened_total")).toBe(1);
  });

  it("counts payload, not the frames of metadata, and nothing twice", () => {
    const plugin = start({});
    const frames = (received: number, sent: number) => {
      const octets = new DataView(new ArrayBuffer(8));
      octets.setUint32(0, received, true);
      octets.setUint32(4, sent, true);
      return new Uint8Array(octets.buffer);
    };
    const connection = open(plugin).setProperty("peer_frame_octets", frames(554, 0));
    plugin.tick();
    plugin.tick();
    expect(total(plugin, "tcp_received_bytes_total")).toBe(6);
    expect(total(plugin, "tcp_sent_bytes_total")).toBe(20);
    connection.setProperty("peer_frame_octets", frames(554, 531)).setProperty(["response", "size"], 563);
    plugin.tick();
    expect(total(plugin, "tcp_sent_bytes_total")).toBe(32);
    connection.reset();
    expect(total(plugin, "tcp_received_bytes_total")).toBe(6);
    expect(total(plugin, "tcp_sent_bytes_total")).toBe(32);
    expect(total(plugin, "tcp_connections_opened_total")).toBe(1);
    expect(total(plugin, "tcp_connections_closed_total")).toBe(1);
  });

  it("costs three questions a tick while it is silent", () => {
    const plugin = start({}, { trace: true });
    open(plugin);
    plugin.tick();
    plugin.tick();
    plugin.trace.clear();
    plugin.tick();
    expect(plugin.trace.toString().match(/ {2}proxy_\w+\(/g)).toHaveLength(3);
  });

  it("is forgotten when it is over", () => {
    const plugin = start({}, { trace: true });
    for (let i = 0; i < 100; i++) open(plugin).reset();
    expect(total(plugin, "tcp_connections_closed_total")).toBe(100);
    plugin.trace.clear();
    plugin.tick();
    expect(plugin.trace.toString()).not.toContain("proxy_set_effective_context");
  });
});
