import { beforeAll, describe, expect, it } from "vitest";
import { Host, LogLevel, PluginRefused, startPlugin, Trap } from "../../harness/host/index.js";
import { fromText, moduleOf } from "./support.js";

// What scripts on both hosts cannot show, because it happens before there is a stream, or after a trap.

let sdk: WebAssembly.Module;
let addHeader: WebAssembly.Module;

beforeAll(async () => {
  sdk = await moduleOf("test/fixtures/sdk/index.ts");
  addHeader = await moduleOf("examples/add-header/index.ts");
});

/** Logs one octet at info. */
const LOG = "(drop (call $log (i32.const 2) (i32.const 0) (i32.const 1)))";

describe("loading", () => {
  const importing = (module: string, name: string) =>
    fromText("", { imports: `(import "${module}" "${name}" (func (param i32)))` });

  it.each([
    ["env", "abort"],
    ["env", "proxy_clear_route_cache"],
    ["wasi_snapshot_preview1", "path_link"],
    ["elsewhere", "proxy_log"],
  ])("refuses import %s.%s in Envoy's words", (module, name) => {
    expect(() => startPlugin(importing(module, name))).toThrow(
      `Failed to load Wasm module due to a missing import: ${module}.${name}`,
    );
  });

  it("refuses a module without an ABI marker, without malloc, and without memory", () => {
    const empty = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    expect(() => startPlugin(empty)).toThrow("Missing or unknown Proxy-Wasm ABI version");
  });

  it("takes octets as well as a compiled module", () => {
    expect(() => startPlugin(new Uint8Array([1, 2, 3]))).toThrow(WebAssembly.CompileError);
  });
});

describe("initialization", () => {
  const time = '(import "env" "proxy_get_current_time_nanoseconds" (func $time (param i32) (result i32)))';

  it("traps on host calls that Envoy forbids then", () => {
    const module = fromText('(func (export "_initialize") (drop (call $time (i32.const 8))))', {
      imports: time,
    });
    expect(() => startPlugin(module)).toThrow(
      "_initialize failed: Uncaught RuntimeError: restricted_callback",
    );
  });

  it("allows logging", () => {
    const plugin = startPlugin(fromText(`(func (export "_initialize") ${LOG})`));
    expect(plugin.logs(LogLevel.Info)).toHaveLength(1);
  });

  it("calls main after _initialize, and _start where there is no _initialize", () => {
    const main = fromText(
      `(func (export "_initialize")) (func (export "main") (param i32 i32) (result i32) ${LOG} (i32.const 0))`,
    );
    expect(startPlugin(main).logs()).toHaveLength(1);
    expect(startPlugin(fromText(`(func (export "_start") ${LOG})`)).logs()).toHaveLength(1);
  });

  it("returns from proc_exit", () => {
    const imports = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';
    const module = fromText(`(func (export "proxy_on_tick") (param i32) (call $exit (i32.const 1)) ${LOG})`, {
      imports,
    });
    const plugin = startPlugin(module);
    plugin.root.tick();
    expect(plugin.logs(LogLevel.Info)).toHaveLength(1);
  });
});

describe("a plugin", () => {
  it("is started in a canary first, which is thrown away without a word", () => {
    const module = fromText(
      `(func (export "proxy_on_configure") (param i32 i32) (result i32) ${LOG} (i32.const 1))
       (func (export "proxy_on_done") (param i32) (result i32) unreachable)
       (func (export "proxy_on_delete") (param i32) unreachable)`,
    );
    const host = new Host();
    host.startVm(module).startPlugin();
    expect(host.log.entries.map(({ vm }) => vm)).toEqual(["canary", "worker"]);
  });

  it("may refuse to start and may refuse its configuration", () => {
    const refusing = (name: string) =>
      fromText(`(func (export "${name}") (param i32 i32) (result i32) (i32.const 0))`);
    expect(() => startPlugin(refusing("proxy_on_vm_start"))).toThrow("Failed to start base Wasm");
    expect(() => startPlugin(refusing("proxy_on_configure"))).toThrow("Failed to configure base Wasm plugin");
  });

  it("that traps while it starts is refused", () => {
    const module = fromText('(func (export "proxy_on_configure") (param i32 i32) (result i32) unreachable)');
    expect(() => startPlugin(module)).toThrow(PluginRefused);
  });

  it("shares its VM and the numbers of its contexts with others", () => {
    const host = new Host();
    const vm = host.startVm(addHeader);
    const first = vm.startPlugin({ configuration: { header: "x-first" } });
    const second = vm.startPlugin({ configuration: { header: "x-second" } });
    expect([first.id, second.id, first.http().id, second.http().id]).toEqual([1, 2, 3, 4]);
    expect(second.request().response.headers.has("x-second")).toBe(true);
    expect(host.stats.counter("wasmcustom.add_header.requests")).toBe(1);
  });

  it("is done and deleted when it is stopped, and is not heard of any more", () => {
    const calls = `(func (export "proxy_on_done") (param i32) (result i32) ${LOG} (i32.const 1))
      (func (export "proxy_on_delete") (param i32) ${LOG})`;
    const plugin = startPlugin(fromText(calls));
    plugin.stop();
    expect(plugin.logs()).toHaveLength(2);
  });

  it("may put its end off until it says that it is done", () => {
    const imports = '(import "env" "proxy_done" (func $done (result i32)))';
    const module = fromText(
      `(func (export "proxy_on_done") (param i32) (result i32) (i32.const 0))
       (func (export "proxy_on_tick") (param i32) (drop (call $done)))
       (func (export "proxy_on_delete") (param i32) ${LOG})`,
      { imports },
    );
    const plugin = startPlugin(module);
    plugin.root.tick();
    expect(plugin.logs()).toHaveLength(0);
    plugin.stop();
    expect(plugin.logs()).toHaveLength(0);
    plugin.root.tick();
    expect(plugin.logs()).toHaveLength(1);
  });

  it("has ticks when the clock passes them, as often as they are due", () => {
    const plugin = startPlugin(sdk, { rootId: "flow" });
    expect(plugin.tickPeriodMs).toBe(10);
    const before = ticks();
    plugin.advance(35);
    expect(ticks() - before).toBe(3);
    plugin.tick();
    expect(ticks() - before).toBe(4);

    function ticks(): number {
      return plugin.timings().find(({ name }) => name === "proxy_on_tick")?.count ?? 0;
    }
  });
});

describe("a trap", () => {
  const request = { headers: { "x-break": "1" } };

  it("is thrown at the test, with the callback and the abort message", () => {
    const plugin = startPlugin(sdk, { rootId: "traps" });
    expect(() => plugin.request(request)).toThrow(Trap);
    expect(plugin.trap?.callback).toBe("proxy_on_request_headers");
    expect(plugin.trap?.abortMessage).toContain("tremula: broken on purpose at traps.ts:");
  });

  it("refuses this stream and all that follow, where the failure policy says so", () => {
    const plugin = startPlugin(sdk, { rootId: "traps", failurePolicy: "FAIL_CLOSED" });
    for (let i = 0; i < 2; i++) {
      const stream = plugin.request(request);
      expect(stream.response.status).toBe(503);
      expect(stream.details).toBe("wasm_fail_stream");
      expect(stream.reachedUpstream).toBe(false);
    }
  });

  it("lets streams pass, where the failure policy says so", () => {
    const plugin = startPlugin(sdk, { rootId: "traps", failurePolicy: "FAIL_OPEN" });
    expect(plugin.request(request).response.status).toBe(200);
    expect(plugin.request().response.status).toBe(200);
  });

  it("is followed by a new VM, where the failure policy says so", () => {
    const plugin = startPlugin(sdk, { rootId: "traps", failurePolicy: "FAIL_RELOAD" });
    expect(plugin.request(request).response.status).toBe(503);
    expect(plugin.request().response.status).toBe(200);
    expect(plugin.trap).toBeNull();
  });

  it("is that of the module, not of a test's own code", () => {
    const plugin = startPlugin(addHeader, { configuration: { header: "x" } });
    const upstream = () => {
      throw new RangeError("the test's");
    };
    expect(() => plugin.request({}, upstream)).toThrow("the test's");
    expect(plugin.trap).toBeNull();
  });
});
