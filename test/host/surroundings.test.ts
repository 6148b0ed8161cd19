import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { metadata, type Plugin, startPlugin, Trap } from "../../harness/host/index.js";
import { compileProbe } from "./support.js";

// What a filter's surroundings do because the test says so: upstreams of callouts, other workers, TLS, metadata.

let wasm: Uint8Array;

beforeAll(async () => {
  wasm = await readFile(await compileProbe());
});

const CALL = "http jwks :path=/keys,:method=GET,:authority=keys - 500";

const start = (script: string, options: object = {}): Plugin =>
  startPlugin(wasm, { configuration: script, ...options });
const steps = (plugin: Plugin): string[] =>
  plugin.logs().flatMap((line) => (line.startsWith("  ") ? [line.trim()] : []));

describe("upstreams of callouts", () => {
  const held = `request_headers ${CALL}
    request_headers return 1
    http_call get 6 :status
    http_call body 4 0 100
    http_call status
    http_call effective stream
    http_call continue 0`;

  it("answer by themselves, at once or after a while", () => {
    const plugin = start(held).answerCallouts("jwks", { body: "keys" });
    const stream = plugin.request();
    expect(stream.finished).toBe(true);
    expect(steps(plugin)).toContain('body 4 0 100 = 0 "keys"');

    plugin.answerCallouts("jwks", ({ headers }) => ({ body: headers.get(":path") ?? "" }), { delayMs: 100 });
    const late = plugin.request();
    plugin.advance(99);
    expect(late.held.request).toBe(true);
    plugin.advance(1);
    expect(late.finished).toBe(true);
    expect(steps(plugin)).toContain('body 4 0 100 = 0 "/keys"');
  });

  it("break off, refuse, and let the time limit pass", () => {
    const of = (plugin: Plugin) => steps(plugin).filter((line) => line.startsWith("get 6 :status"));
    const failing = start(held).answerCallouts("jwks", "fail");
    failing.request();
    expect(steps(failing)).toContain('status = 0 11 "reset"');

    const refusing = start(held).answerCallouts("jwks", () => "refuse");
    refusing.request();
    expect(of(refusing)).toEqual(['get 6 :status = 0 "503"']);

    const slow = start(held).answerCallouts("jwks", { status: 200 }, { delayMs: 501 });
    slow.request();
    slow.advance(501);
    expect(of(slow)).toEqual(['get 6 :status = 0 "504"']);

    const silent = start(held).answerCallouts("jwks", null);
    silent.request();
    expect(silent.callouts).toHaveLength(1);
  });

  it("answer what a plugin asks for while it starts, and what waits already", () => {
    const script = `configure ${CALL}\nhttp_call body 4 0 100`;
    const plugin = start(script, { callouts: { jwks: { body: "keys" } } });
    expect(steps(plugin).at(-1)).toBe('body 4 0 100 = 0 "keys"');

    const later = start(script);
    expect(later.callouts).toHaveLength(1);
    later.answerCallouts("jwks", { body: "more" });
    expect(later.callouts).toHaveLength(0);
    expect(steps(later).at(-1)).toBe('body 4 0 100 = 0 "more"');
  });
});

describe("workers", () => {
  it("have VMs of their own, and data, metrics and the clock in common", () => {
    const first = start(
      `configure tick 1000
      request_headers shared-get key
      request_headers shared-set key value 0
      request_headers define 0 requests
      request_headers increment 4 1
      tick shared-get key`,
      { vmId: "shared" },
    );
    const second = first.onAnotherWorker();
    expect(second.vm).not.toBe(first.vm);
    first.request();
    second.request();
    expect(steps(second).filter((line) => line.startsWith("shared-get"))).toEqual([
      "shared-get key = 1",
      'shared-get key = 0 "value"',
    ]);
    expect(first.counter("requests")).toBe(2);
    const before = second.timings().length;
    first.advance(1000);
    const ticks = [first, second].map(
      (plugin) => plugin.timings().find(({ name }) => name === "proxy_on_tick")?.count,
    );
    expect(ticks).toEqual([1, 1]);
    expect(second.timings().length).toBeGreaterThan(before);
  });

  it("break one by one", () => {
    const first = start("request_headers trap");
    const second = first.onAnotherWorker();
    expect(() => first.request()).toThrow(Trap);
    expect(second.trap).toBeNull();
  });
});

describe("a stream", () => {
  it("has the TLS, the metadata and the addresses that the test gives it", () => {
    const script = [
      ...[
        "connection.mtls",
        "connection.tls_version",
        "connection.subject_peer_certificate",
        "request.scheme",
      ],
      ...["source.port", "metadata.filter_metadata.jwt.sub", "metadata.filter_metadata.jwt.exp"],
      ...["metadata.filter_metadata.none", "xds.route_metadata.filter_metadata.mine.yes"],
    ].map((path) => `request_headers prop ${path}`);
    const plugin = start(script.join("\n"));
    plugin
      .http({ tls: { subject_peer_certificate: "CN=ada" }, source: "[::1]:4711" })
      .setDynamicMetadata("jwt", { sub: "ada", exp: 1 })
      .setProperty(["xds", "route_metadata"], metadata({ mine: { yes: true } }))
      .sendHeaders({}, { endOfStream: true });
    expect(steps(plugin).map((line) => line.replace(/^.* = /, ""))).toEqual([
      ...["0 01", '0 "TLSv1.3"', '0 "CN=ada"', '0 "https"', "0 4711", '0 "ada"'],
      // A double: 1.0.
      "0 4607182418800017408",
      ...["1", "0 01"],
    ]);
  });

  it("shows what a filter has set to the next one, and to the test", () => {
    const plugin = start(`request_headers setprop mine one
      request_headers prop filter_state.wasm.mine
      response_headers prop mine`);
    const stream = plugin.request();
    expect(new TextDecoder().decode(stream.filterState("wasm.mine"))).toBe("one");
    expect(steps(plugin).at(-1)).toBe('prop mine = 0 "one"');
  });
});

describe("timings", () => {
  it("tell a filter's own time from that of the host calls in it", () => {
    const plugin = start("request_headers pairs 0\nrequest_headers get 0 :path");
    plugin.request();
    plugin.clearTimings();
    expect(plugin.timings()).toEqual([]);
    for (let i = 0; i < 100; i++) plugin.request();
    const timings = plugin.timings();
    const of = (name: string) => timings.find((timing) => timing.name === name)!;
    expect(of("proxy_on_request_headers").count).toBe(100);
    const calls = timings.filter(({ name }) => /^proxy_(get|log)/.test(name));
    expect(calls.map(({ name }) => name).sort()).toEqual([
      "proxy_get_header_map_pairs",
      "proxy_get_header_map_value",
      "proxy_log",
    ]);
    for (const { name, totalMicros, selfMicros } of timings) {
      expect(selfMicros, name).toBeGreaterThanOrEqual(-1e-6);
      expect(selfMicros, name).toBeLessThanOrEqual(totalMicros + 1e-6);
    }
    // All that crossed the boundary is in a callback, once.
    const callbacks = timings.filter(({ name }) => name.startsWith("proxy_on_"));
    const sum = (list: typeof timings, key: "totalMicros" | "selfMicros") =>
      list.reduce((total, timing) => total + timing[key], 0);
    expect(sum(timings, "selfMicros")).toBeCloseTo(sum(callbacks, "totalMicros"), 3);
  });
});
