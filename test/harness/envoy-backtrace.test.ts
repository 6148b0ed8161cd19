import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { send } from "../../harness/conformance/client.js";
import { loadConfig, startEnvoy } from "../../harness/envoy/index.js";
import { Backtraces } from "../../harness/envoy/backtrace.js";

let folder: string;
let module: string;

const SOURCE = `export * from "tremula/assembly/proxy";
import { FilterHeadersStatus, HttpContext, PluginContext, registerPlugin } from "tremula/assembly";
let zero: i32 = 0;
function divide(a: i32): i32 {
  return a / zero;
}
class Stream extends HttpContext {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    return divide(<i32>count) > 3 ? FilterHeadersStatus.Continue : FilterHeadersStatus.StopIteration;
  }
}
class Plugin extends PluginContext {
  createHttpContext(): HttpContext {
    return new Stream();
  }
}
registerPlugin(() => new Plugin());
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-backtrace-"));
  await writeFile(join(folder, "index.ts"), SOURCE);
  const outFile = join(folder, "trap.wasm");
  ({ outFile: module } = await compile({ entry: join(folder, "index.ts"), outFile, debug: true }));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("shows file and line of each function that was on the stack when a debug build trapped in Envoy", async () => {
  const config = (await loadConfig("examples/add-header/envoy.yaml"))
    .replace(/port_value: \d+/g, "port_value: 0")
    .replace("build/add-header.wasm", module);
  const envoy = await startEnvoy({ config });
  try {
    const response = await send(await envoy.listener("main"), {
      protocol: "http1",
      method: "GET",
      path: "/",
      authority: "example.com",
      headers: [],
    });
    expect(response.status).toBe(503);
    await envoy.waitForLog(/divide by zero[\s\S]*proxy_on_request_headers/, "the trap");
    const backtraces = await Backtraces.load([module]);
    const located = (await envoy.log()).split("\n").map((line) => backtraces.locate(line));
    expect(located.find((line) => line.includes("index/divide"))).toMatch(/\(index\.ts:5:10\)$/);
    expect(located.find((line) => line.includes("index/Stream#onRequestHeaders"))).toMatch(
      /\(index\.ts:9:\d+\)$/,
    );
  } finally {
    await envoy.stop();
  }
});

it("leaves other lines, and frames of modules without a map, as they are", async () => {
  const none = await Backtraces.load([join(folder, "index.ts")]);
  const frame = "  0:  0x35f6 - index/divide";
  expect(none.locate(frame)).toBe(frame);
  const some = await Backtraces.load([module]);
  expect(some.locate("  0:  0x35f6 - other/divide")).toBe("  0:  0x35f6 - other/divide");
  expect(some.locate("[2026-01-01] divide by zero")).toBe("[2026-01-01] divide by zero");
});
