import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { FilterChain, Host, metadata, type Plugin, startPlugin } from "../../harness/host/index.js";
import { moduleOf } from "../host/support.js";
import { PRODUCTPAGE, RATINGS, type Struct, structOf } from "./peer-material.js";

// The same cases on every run; TREMULA_SEED asks for others.
fc.configureGlobal({ seed: Number(process.env.TREMULA_SEED ?? 1) });

const ID = "x-envoy-peer-metadata-id";
const METADATA = "x-envoy-peer-metadata";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await moduleOf("test/fixtures/telemetry-roles/index.ts");
});

const base64 = (struct: Struct): string => structOf(struct).toString("base64");

function start(configuration: object): Plugin {
  return startPlugin(module, {
    rootId: "peer-metadata",
    configuration: { direction: "inbound", local: { id: "ratings", metadata: RATINGS }, ...configuration },
  });
}

/** The exchange, and behind it what shows who the client is. */
function chain(configuration: object): {
  plugin: Plugin;
  ask: (value: string) => string | undefined;
} {
  const host = new Host();
  const vm = host.startVm(module);
  const plugin = vm.startPlugin({
    rootId: "peer-metadata",
    configuration: { direction: "inbound", ...configuration },
  });
  const filters = new FilterChain(plugin, vm.startPlugin({ rootId: "show" }));
  return {
    plugin,
    ask: (value) =>
      filters.request({ headers: { [METADATA]: value } }).upstreamRequest.headers.get("x-downstream"),
  };
}

describe("this proxy", () => {
  test("is who its bootstrap says", () => {
    const plugin = startPlugin(module, {
      rootId: "peer-metadata",
      configuration: { direction: "outbound" },
      node: {
        id: "sidecar~1",
        cluster: "c",
        metadata: {
          ...PRODUCTPAGE,
          other: "x",
          LABELS: { ...(PRODUCTPAGE.LABELS as object), more: "y" },
        },
      },
    });
    const { headers } = plugin.request().upstreamRequest;
    expect(headers.get(ID)).toBe("sidecar~1");
    expect(headers.get(METADATA)).toBe(base64(PRODUCTPAGE));
  });

  test("tells of the labels that it is asked to tell of", () => {
    const labels = { a: "1", b: "2", c: "3" };
    const plugin = start({
      direction: "outbound",
      local: { metadata: { LABELS: labels } },
      additional_labels: ["c", "a", "none"],
    });
    const { headers } = plugin.request().upstreamRequest;
    expect(headers.get(METADATA)).toBe(base64({ LABELS: { a: "1", c: "3" } }));
    expect(headers.get(ID)).toBeUndefined();
  });
});

describe("clusters outside of the mesh", () => {
  const outbound = { direction: "outbound", skip_external_clusters: true };
  function sent(configuration: object, cluster: string, istio: object): (string | undefined)[] {
    const stream = start(configuration).http();
    stream.setProperty(["xds", "cluster_name"], cluster);
    stream.setProperty(["xds", "cluster_metadata"], metadata({ istio: istio as never }));
    stream.sendHeaders({ headers: { [ID]: "app", [METADATA]: "app" } }, { endOfStream: true });
    const { headers } = stream.upstreamRequest;
    return [headers.get(ID), headers.get(METADATA)];
  }
  const told = ["ratings", base64(RATINGS)];

  test.each([
    ["PassthroughCluster", {}, [undefined, undefined]],
    ["outside", { external: true }, [undefined, undefined]],
    ["inside", { disable_mx: true }, [undefined, undefined]],
    ["inside", { external: false }, told],
    ["inside", {}, told],
  ])("%s %j gets %j", (cluster, istio, expected) => {
    expect(sent(outbound, cluster, istio)).toEqual(expected);
  });

  test("are told when nobody says not to", () => {
    expect(sent({ direction: "outbound" }, "PassthroughCluster", {})).toEqual(told);
  });

  test("are not told either by the native filter's field", () => {
    const methods = [{ istio_headers: { skip_external_clusters: true } }];
    expect(sent({ upstream_propagation: methods }, "PassthroughCluster", {})).toEqual([undefined, undefined]);
  });
});

describe("an upstream that says nothing is who the control plane says", () => {
  function shown(workload: string): string | undefined {
    const stream = startPlugin(module, { rootId: "show" }).http();
    stream.setProperty(["xds", "upstream_host_metadata"], metadata({ istio: { workload } }));
    stream.sendHeaders({}, { endOfStream: true });
    stream.respondHeaders({ status: 200 }, { endOfStream: true });
    return stream.response.headers.get("x-endpoint");
  }
  test.each([
    [
      "ratings-v1;default;ratings;version-1;server-cluster",
      "ratings-v1/default/server-cluster///ratings/version-1/",
    ],
    ["ratings-v1;default;ratings;;server-cluster", "ratings-v1/default/server-cluster///ratings//"],
    ["ratings-v1;default;ratings;v;c;more;still", "ratings-v1/default/c///ratings/v/"],
    [";;;;", "///////"],
    ["ratings-v1;default;ratings;v", undefined],
    ["ratings-v1", undefined],
    ["", undefined],
    ["w".repeat(600) + ";default;a\nb;v;c", "/default/c////v/"],
  ])("%.60j", (workload, expected) => {
    expect(shown(workload)).toBe(expected);
  });
});

describe("peers are remembered", () => {
  const peer = (number: number): string => base64({ NAMESPACE: "n", WORKLOAD_NAME: `w${number}` });

  test("as many as configured, those in use the longest", () => {
    const { plugin, ask } = chain({ max_peer_cache_size: 10 });
    for (let i = 0; i < 100; i++) {
      expect(ask(peer(i))).toBe(`w${i}/n//////`);
      expect(ask(peer(0))).toBe("w0/n//////");
    }
    // One miss for each of the hundred, and of the first one none more.
    expect(plugin.counter("peer_metadata.cache_miss")).toBe(100);
    expect(plugin.counter("peer_metadata.cache_evicted")).toBe(90);
  });

  test("by what they say, and not by what it hashes to", () => {
    const { ask } = chain({});
    // Their hashes are the same.
    for (const number of [441, 290_753, 441]) {
      expect(ask(base64({ WORKLOAD_NAME: `w${number}` }))).toBe(`w${number}///////`);
    }
  });

  test("or none", () => {
    const { plugin, ask } = chain({ max_peer_cache_size: 0 });
    for (let i = 0; i < 5; i++) expect(ask(peer(1))).toBe("w1/n//////");
    expect(plugin.counter("peer_metadata.cache_miss")).toBe(5);
  });

  test("10,000 of them, and values that are long, leave memory as it is", () => {
    const { plugin, ask } = chain({});
    const long = (number: number): string =>
      base64({ WORKLOAD_NAME: `w${number}`, rest: Buffer.alloc(2800, 0x61) });
    for (let i = 0; i < 3000; i++) ask(i % 2 ? peer(i) : long(i));
    const pages = plugin.memoryPages;
    for (let i = 3000; i < 10_000; i++) {
      expect(ask(i % 2 ? peer(i) : long(i))).toBe(i % 2 ? `w${i}/n//////` : `w${i}///////`);
    }
    expect(plugin.memoryPages).toBe(pages);
  });

  test("a client with thousands of labels has 64", () => {
    const { ask } = chain({ max_metadata_size: 65_536 });
    const labels = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`l${i}`, "v"]));
    const shown = ask(base64({ WORKLOAD_NAME: "w", LABELS: labels }));
    expect(shown?.match(/ l\d+=v/g)).toHaveLength(64);
  });
});

describe("whatever comes in the headers", () => {
  test("nothing traps, and what is shown has been sent", () => {
    const { plugin, ask } = chain({});
    const octets = structOf(PRODUCTPAGE);
    const changes = fc.array(
      fc.tuple(fc.nat({ max: octets.length - 1 }), fc.oneof(fc.nat({ max: 255 }), fc.constant(-1))),
      { maxLength: 6 },
    );
    const run = (runs: number): void =>
      fc.assert(
        fc.property(changes, fc.boolean(), (list, padded) => {
          const mutated = [...octets];
          for (const [at, value] of list) {
            if (value < 0) mutated.splice(at);
            else if (at < mutated.length) mutated[at] = value;
          }
          const text = Buffer.from(mutated).toString("base64");
          const shown = ask(padded ? text : text.replace(/=+$/, ""));
          if (shown === undefined) return;
          const sent = Buffer.from(mutated);
          for (const part of shown.split(/[/ =]/)) {
            expect(sent.includes(Buffer.from(part, "latin1"))).toBe(true);
          }
        }),
        { numRuns: runs },
      );
    run(4000);
    const pages = plugin.memoryPages;
    run(8000);
    // Memory doubles when it is full; 8,000 peers that stay would need six times as much.
    expect(plugin.memoryPages).toBeLessThanOrEqual(2 * pages);
  });

  test("nor does text that is no base64 at all", () => {
    const { ask } = chain({
      downstream_discovery: [{ istio_headers: {} }, { baggage: {} }],
    });
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 60 }), (text) => {
        const plain = text.replace(/[^ -~]/g, "%");
        ask(plain);
      }),
      { numRuns: 3000 },
    );
  });

  test("nor does baggage", () => {
    const plugin = start({ downstream_discovery: [{ baggage: {} }] });
    const key = fc.constantFrom(
      "k8s.pod.name",
      "k8s..name",
      "k8s.name",
      "service.name",
      "app.name",
      "",
      "x",
      "k8s.job.name",
    );
    const value = fc.string({ unit: fc.constantFrom(...'a%4;=, "\\%C3'), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 5 }), (members) => {
        const baggage = members.map(([name, text]) => `${name}=${text}`).join(",");
        const stream = plugin.request({ headers: { baggage } });
        expect(stream.upstreamRequest.headers.get("baggage")).toBe(baggage);
      }),
      { numRuns: 3000 },
    );
  });
});
