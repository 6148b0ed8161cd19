import { describe, expect, it } from "vitest";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { PACKAGE_ROOT } from "../../harness/package-root.js";
import { findStats } from "../../harness/telemetry/find.js";
import { STANDARD_LABELS } from "../../harness/telemetry/metrics.js";
import { mergeMetrics, metricsOf } from "../../harness/telemetry/plugin-config.js";
import { renderStatsConfig } from "../../harness/telemetry/render.js";
import {
  ENVOY_BUCKETS,
  telemetryStatsConfig,
  type StatsConfigOptions,
} from "../../harness/telemetry/stats-config.js";

const labelsOf = (config: unknown, metric: string): readonly string[] | undefined =>
  metricsOf(config, "test").find(({ name }) => name === metric)?.labels;

const statsConfig = (config: unknown, options?: StatsConfigOptions) =>
  telemetryStatsConfig(metricsOf(config, "test"), options);

const tagNames = (config: unknown, options?: StatsConfigOptions): string[] =>
  statsConfig(config, options).stats_tags.map(({ tag_name }) => tag_name);

/** A Wasm plugin as a listener has it. */
const plugin = (root_id: string, configuration: unknown): object => ({
  "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
  config: {
    root_id,
    vm_config: { runtime: "envoy.wasm.runtime.v8" },
    configuration: {
      "@type": "type.googleapis.com/google.protobuf.StringValue",
      value: JSON.stringify(configuration),
    },
  },
});

describe("labels of a configuration", () => {
  it("are Istio's where nothing is said, fewer for messages and connections", () => {
    expect(labelsOf({}, "requests_total")).toEqual(STANDARD_LABELS);
    expect(labelsOf({}, "request_messages_total")?.at(-1)).toBe("destination_cluster");
    expect(labelsOf({}, "tcp_sent_bytes_total")?.at(-1)).toBe("connection_security_policy");
    expect(labelsOf({}, "build")).toEqual(["component", "tag"]);
  });

  it("follow overrides in their order, in either spelling", () => {
    const config = {
      metrics: [
        { tags_to_remove: ["source_app"], dimensions: { b: "'b'", a: "'a'" } },
        { name: "requests_total", tagsToRemove: ["b", "response_flags"] },
        { name: "istio_request_bytes", drop: true },
        { name: "response_bytes", dimensions: { source_app: "'again'" } },
      ],
    };
    const requests = STANDARD_LABELS.filter((label) => !["source_app", "response_flags"].includes(label));
    expect(labelsOf(config, "requests_total")).toEqual([...requests, "a"]);
    expect(labelsOf(config, "request_bytes")).toBeUndefined();
    // Where it was, so that a metric of two versions of a configuration has one name.
    expect(labelsOf(config, "response_bytes")).toEqual([...STANDARD_LABELS, "a", "b"]);
  });

  it("are for new metrics those that they are given", () => {
    const config = {
      definitions: [{ name: "custom", value: "1", type: "HISTOGRAM" }],
      metrics: [{ name: "custom", dimensions: { reporter: "'proxy'" } }],
    };
    expect(metricsOf(config, "test").find(({ name }) => name === "custom")).toEqual({
      name: "custom",
      kind: "histogram",
      labels: ["reporter"],
    });
  });

  it("are the same where a field is null, which the filter takes for absent", () => {
    const metric = { name: null, dimensions: null, tags_to_remove: null, drop: null };
    expect(metricsOf({ metrics: [metric], definitions: null }, "test")).toEqual(metricsOf({}, "test"));
  });

  it("cannot be those of something else", () => {
    expect(() => metricsOf({ metrics: [{ dimensions: ["a"] }] }, "x.json")).toThrow(
      /x\.json is no stats configuration at metrics\.0\.dimensions/,
    );
    expect(() => metricsOf("text", "x.json")).toThrow(/x\.json is no stats configuration/);
  });
});

describe("rules", () => {
  it("are there for each label that some metric has, and once", () => {
    expect(tagNames({})).toEqual([...STANDARD_LABELS, "component", "tag"]);
    const config = { metrics: [{ tags_to_remove: ["source_app"], dimensions: { port: "x", path: "y" } }] };
    const kept = STANDARD_LABELS.filter((label) => label !== "source_app");
    expect(tagNames(config)).toEqual([...kept, "path", "port", "component", "tag"]);
  });

  it("let Envoy pass them over for its own statistics", () => {
    for (const { regex } of statsConfig({}).stats_tags) expect(regex).toMatch(/^\^wasmcustom\\\./);
  });

  it("stand behind rules that are there, and instead of Istio's for the same label", () => {
    const own = { tag_name: "mine", regex: "^mine\\.(x)" };
    const codes = { tag_name: "response_code", regex: "_rq(_(\\d{3}))$" };
    const old = { tag_name: "reporter", regex: "(reporter=\\.=(.*?);\\.;)" };
    const build = { tag_name: "tag", regex: "(tag\\.(.+?);\\.)" };
    const existing = { use_all_default_tags: false, stats_tags: [own, old, codes, build] };
    const made = statsConfig({}, { existing });
    expect(made.stats_tags.slice(0, 2)).toEqual([own, codes]);
    expect(made.stats_tags.filter(({ tag_name }) => tag_name === "reporter")).toHaveLength(1);
    expect(made.stats_tags.filter(({ tag_name }) => tag_name === "tag")).toHaveLength(1);
    expect(made["use_all_default_tags"]).toBe(false);
  });
});

describe("buckets", () => {
  it("are Envoy's for the histograms that are kept", () => {
    const made = statsConfig({ metrics: [{ name: "request_bytes", drop: true }] });
    expect(made.histogram_bucket_settings).toEqual([
      { match: { suffix: "istio_request_duration_milliseconds" }, buckets: ENVOY_BUCKETS },
      { match: { suffix: "istio_response_bytes" }, buckets: ENVOY_BUCKETS },
    ]);
  });

  it("are others on demand", () => {
    const made = statsConfig({}, { timeBuckets: [1, 2], byteBuckets: [100] });
    expect(made.histogram_bucket_settings.map(({ buckets }) => buckets)).toEqual([[1, 2], [100], [100]]);
  });

  it("replace what the command has written before, and stand behind the others", () => {
    const own = { match: { prefix: "mine" }, buckets: [1] };
    const before = statsConfig({}, { timeBuckets: [1, 2], lean: true });
    const histogram_bucket_settings = [own, ...before.histogram_bucket_settings];
    const existing = { ...before, histogram_bucket_settings };
    const again = statsConfig({}, { timeBuckets: [3], existing });
    expect(again).toEqual({
      ...existing,
      histogram_bucket_settings: [own, ...statsConfig({}, { timeBuckets: [3] }).histogram_bucket_settings],
    });
  });
});

describe("the matcher", () => {
  const including = (...prefixes: string[]) => ({
    stats_matcher: { inclusion_list: { patterns: prefixes.map((prefix) => ({ prefix })) } },
  });

  it("is left out where everything is kept", () => {
    expect(statsConfig({}).stats_matcher).toBeUndefined();
    expect(statsConfig({}, { lean: true }).stats_matcher?.inclusion_list?.patterns[0]).toEqual({
      prefix: "wasmcustom.",
    });
  });

  it("lets the metrics through where one is there", () => {
    const patterns = (existing: object) =>
      statsConfig({}, { existing: { ...existing } }).stats_matcher?.inclusion_list?.patterns;
    expect(patterns(including("cluster."))).toEqual([{ prefix: "cluster." }, { prefix: "wasmcustom." }]);
    expect(patterns(including("wasm"))).toEqual([{ prefix: "wasm" }]);
  });

  it("may not leave them out", () => {
    const made = (stats_matcher: object) => statsConfig({}, { existing: { stats_matcher } });
    const excluding = (prefix: string) => ({ exclusion_list: { patterns: [{ prefix }] } });
    expect(() => made({ reject_all: true })).toThrow(/stats_matcher\.reject_all leaves out/);
    expect(() => made(excluding("wasm"))).toThrow(/stats_matcher\.exclusion_list leaves out/);
    expect(made({ reject_all: false }).stats_matcher).toEqual({ reject_all: false });
    expect(made(excluding("wasm.")).stats_matcher).toEqual(excluding("wasm."));
  });
});

describe("what is written", () => {
  it("is the same as YAML, with a word on each part", () => {
    const made = statsConfig({ metrics: [{ dimensions: { "a'b": "1" } }] }, { lean: true });
    const text = renderStatsConfig(made, ["stats.json"]);
    expect(parse(text)).toEqual({ stats_config: made });
    expect(text).toMatch(/^# .*stats\.json\.\n/);
  });
});

describe("finding the configuration", () => {
  const listener = (typed_config: object) => ({
    static_resources: { listeners: [{ filter_chains: [{ filters: [{ typed_config }] }] }] },
  });

  it("takes the file for it, whatever is in it", () => {
    expect(findStats('{"metrics": []}', "a.json").plugins).toEqual([
      { where: "a.json", config: { metrics: [] } },
    ]);
    expect(findStats("{}", "a.json").plugins).toEqual([{ where: "a.json", config: {} }]);
    expect(findStats("disableHostHeaderFallback: true", "a.yaml").plugins).toHaveLength(1);
    expect(findStats("maxSeries: 9", "a.yaml").plugins).toHaveLength(1);
    expect(findStats("role: stats", "a.yaml").plugins).toHaveLength(1);
    expect(() => findStats("{ role: peer-metadata, max_series: 9 }", "a.yaml")).toThrow(/a\.yaml neither is/);
  });

  it("looks for the plugins of an Envoy configuration, and for its stats_config", () => {
    const config = { metrics: [{ dimensions: { port: "1" } }] };
    const found = findStats(
      JSON.stringify({ ...listener(plugin("stats_inbound", config)), stats_config: { stats_tags: [] } }),
      "envoy.yaml",
    );
    expect(found.plugins).toEqual([
      {
        where: "envoy.yaml, static_resources.listeners.0.filter_chains.0.filters.0.typed_config.config",
        config,
      },
    ]);
    expect(found.statsConfig).toEqual({ stats_tags: [] });
  });

  it("knows fields of stats_config in either spelling, so that none is there twice", () => {
    const own = { tagName: "mine", regex: "^mine(.(x))" };
    const old = { tagName: "reporter", regex: "(reporter=\\.=(.*?);\\.;)" };
    const statsConfig = {
      useAllDefaultTags: false,
      statsTags: [old, own],
      statsMatcher: { inclusionList: { patterns: [{ prefix: "cluster." }] } },
    };
    const documents = [{ kind: "ConfigMap" }, { ...listener(plugin("stats", {})), statsConfig }];
    const found = findStats(documents.map((one) => JSON.stringify(one)).join("\n---\n"), "a");
    const made = telemetryStatsConfig(metricsOf({}, "a"), { existing: found.statsConfig });
    expect(Object.keys(made).sort()).toEqual([
      "histogram_bucket_settings",
      "stats_matcher",
      "stats_tags",
      "use_all_default_tags",
    ]);
    expect(made.stats_tags[0]).toEqual({ tag_name: "mine", regex: own.regex });
    expect(made.stats_tags.filter(({ tag_name }) => tag_name === "reporter")).toHaveLength(1);
    expect(made.stats_matcher).toEqual({
      inclusion_list: { patterns: [{ prefix: "cluster." }, { prefix: "wasmcustom." }] },
    });
  });

  it("reads octets, and leaves other plugins alone, whatever they are configured with", () => {
    const config = { metrics: [{ dimensions: { zone: "x" } }] };
    const value = Buffer.from(JSON.stringify(config)).toString("base64");
    const octets = { "@type": "type.googleapis.com/google.protobuf.BytesValue", value };
    const text = { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "no JSON" };
    const plugins = [
      { root_id: "other", vm_config: {}, configuration: text },
      { root_id: "stats", vm_config: {}, configuration: octets },
    ];
    expect(findStats(JSON.stringify(plugins), "a").plugins).toEqual([{ where: "a, 1", config }]);
  });

  it.each(["istio", "envoygateway"])("finds it in the resources that are shipped for %s", async (name) => {
    const file = join(PACKAGE_ROOT, "deploy/kustomize/overlays", name, "filters.yaml");
    const { plugins } = findStats(await readFile(file, "utf8"), "filters.yaml");
    expect(plugins.map(({ config }) => config)).toEqual([{}]);
  });

  it("tells roles apart", () => {
    const roles = [
      plugin("x", { role: "peer-metadata" }),
      plugin("x", { role: "stats" }),
      plugin("attributes", {}),
    ];
    expect(findStats(JSON.stringify(roles), "a").plugins).toEqual([
      { where: "a, 1.config", config: { role: "stats" } },
    ]);
    const nameless = (filename: string) => ({
      config: { vm_config: { code: { local: { filename } } }, configuration: { value: "{}" } },
    });
    const modules = ["build/other.wasm", "build/telemetry.wasm"].map(nameless);
    expect(findStats(JSON.stringify(modules), "a").plugins.map(({ where }) => where)).toEqual([
      "a, 1.config",
    ]);
  });

  it("reads Structs, Istio's own filter, and several documents", () => {
    const struct = {
      config: {
        root_id: "stats",
        vm_config: {},
        configuration: { "@type": "…Struct", value: { metrics: [] } },
      },
    };
    const native = { "@type": "type.googleapis.com/stats.PluginConfig", reporter: "SERVER_GATEWAY" };
    const found = findStats(`${JSON.stringify(struct)}\n---\n${JSON.stringify([native])}`, "a");
    expect(found.plugins.map(({ config }) => config)).toEqual([
      { metrics: [] },
      { reporter: "SERVER_GATEWAY" },
    ]);
  });

  it("says what is wrong", () => {
    expect(() => findStats(JSON.stringify(listener({})), "a.yaml")).toThrow(/a\.yaml neither is/);
    expect(() => findStats("a: [", "a.yaml")).toThrow(/a\.yaml: /);
    const broken = plugin("stats", {});
    const text = JSON.stringify(broken).replace('"value":"{}"', '"value":"{"');
    expect(() => findStats(text, "a.yaml")).toThrow(/a\.yaml, config: the plugin's configuration is no JSON/);
  });
});

describe("the configurations that are shipped", () => {
  it.each(["telemetry.yaml", "telemetry-server.yaml"])("%s has what is printed for it", async (name) => {
    const text = await readFile(join(PACKAGE_ROOT, "envoy-configs", name), "utf8");
    const { plugins, statsConfig: there } = findStats(text, name);
    const metrics = mergeMetrics(plugins.map(({ config, where }) => metricsOf(config, where)));
    expect(there).toEqual(telemetryStatsConfig(metrics));
  });
});
