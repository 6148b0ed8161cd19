import * as cel from "@bufbuild/cel";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { readFile } from "node:fs/promises";
import {
  Double,
  Duration,
  Host,
  metadata,
  type Plugin,
  startPlugin,
  Timestamp,
  Uint,
} from "../../harness/host/index.js";
import { compileProbe } from "./support.js";

// That expressions come out as in stock Envoy is seen in agrees.test.ts; here is what only a test can set, and what is
// there when nothing is installed.

let wasm: Uint8Array;

beforeAll(async () => {
  wasm = await readFile(await compileProbe());
});

const scriptOf = (...expressions: string[]) =>
  expressions.map((expression) => `request_headers cel ${expression}`).join("\n");

/** What the host has answered to each step of a script, without the step itself. */
function answers(plugin: Plugin): string[] {
  return plugin.logs().flatMap((line) => /^ {2}.* = (\d+ .*)$/.exec(line)?.[1]?.trim() ?? []);
}

describe("expressions", () => {
  it("see what the test has set, wherever it has set it", () => {
    const plugin = startPlugin(wasm, {
      configuration: scriptOf(
        'metadata.filter_metadata["envoy.filters.http.jwt_authn"].payload.sub',
        '"admin" in metadata.filter_metadata["envoy.filters.http.jwt_authn"].payload.roles',
        'metadata.filter_metadata["envoy.filters.http.jwt_authn"].payload.exp == 7.0',
        'metadata.filter_metadata["other"].x',
        'xds.route_metadata.filter_metadata["my.filter"].tier == 3.0',
        "xds.node.id",
        "connection.uri_san_peer_certificate",
        "connection.mtls && connection.tls_version == 'TLSv1.3'",
        "request.scheme",
        "source.address",
        "source.port",
        'filter_state["wasm.peer"] == b"one"',
        "request.headers['x-injected']",
        "request.duration",
      ),
      node: { id: "node-1" },
    });
    const stream = plugin.http({
      source: "10.1.2.3:4711",
      tls: { uri_san_peer_certificate: "spiffe://cluster.local/ns/a/sa/b" },
    });
    stream
      .setDynamicMetadata("envoy.filters.http.jwt_authn", {
        payload: { sub: "ada", roles: ["admin"], exp: 7 },
      })
      .setProperty(["xds", "route_metadata"], metadata({ "my.filter": { tier: 3 } }))
      .setProperty(["request", "headers", "x-injected"], "by the test")
      .setProperty(["request", "duration"], new Duration(1_000n))
      .setFilterState("wasm.peer", "one");
    stream.sendHeaders({}, { endOfStream: true });
    expect(answers(plugin)).toEqual([
      '0 "ada"',
      "0 01",
      "0 01",
      "10",
      "0 01",
      '0 "node-1"',
      '0 "spiffe://cluster.local/ns/a/sa/b"',
      "0 01",
      '0 "https"',
      '0 "10.1.2.3:4711"',
      "0 4711",
      "0 01",
      '0 "by the test"',
      "0 1000",
    ]);
  });

  it("keep the kinds of what the test has set", () => {
    const kinds = {
      d: new Double(1),
      u: new Uint(1),
      t: new Timestamp(5n),
      i: 1,
      b: new Uint8Array([1]),
      n: null,
    };
    const plugin = startPlugin(wasm, {
      configuration: scriptOf(
        ...[
          "type(own.d) == double",
          "type(own.u) == uint",
          "own.t == timestamp('1970-01-01T00:00:00.000000005Z')",
        ],
        ...[
          "type(own.i) == int",
          "type(own.b) == bytes",
          "own.n == null",
          "type(own) == map",
          "own.u + 1",
          "own",
        ],
      ),
    });
    plugin.http().setProperty("own", kinds).sendHeaders({}, { endOfStream: true });
    expect(answers(plugin)).toEqual([...new Array<string>(7).fill("0 01"), "10", "3"]);
  });

  it("are numbered by each plugin for itself", () => {
    const vm = new Host().startVm(wasm);
    const [first, second] = ["1", "2"].map((value) =>
      vm.startPlugin({ configuration: `configure cel-create ${value}\nrequest_headers cel-evaluate 0` }),
    ) as [Plugin, Plugin];
    second.request();
    first.request();
    expect(answers(first)).toEqual(["0 00000000", "0 00000000", "0 2", "0 1"]);
  });

  it("are BadArgument when they are nested too deep to be read, and leave the host well", () => {
    const deep = `${"(".repeat(20_000)}1${")".repeat(20_000)}`;
    const plugin = startPlugin(wasm, { configuration: scriptOf(deep, "1 + 1") });
    plugin.request();
    expect(answers(plugin)).toEqual(["2 not compiled", "0 2"]);
  });
});

describe("where no package can be loaded at once, as in a browser", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("expressions are Unimplemented, unless the test gives the library", () => {
    vi.stubGlobal("process", undefined);
    const plugin = startPlugin(wasm, { configuration: scriptOf("1") });
    plugin.request();
    expect(answers(plugin)).toEqual(["12 not compiled"]);
    expect([...plugin.host.unimplemented]).toEqual(["expr_create"]);

    const given = startPlugin(wasm, { configuration: scriptOf("1"), cel });
    given.request();
    expect(answers(given)).toEqual(["0 1"]);
  });
});
