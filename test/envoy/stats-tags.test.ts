import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { loadCases } from "../../harness/conformance/cases.js";
import { send } from "../../harness/conformance/client.js";
import { bootstrap, wasmFilters } from "../../harness/conformance/envoy-config.js";
import { type RunningEnvoy, startEnvoy, statsTags } from "../../harness/envoy/index.js";
import { type EchoServer, startEcho } from "../../harness/upstream/index.js";

let echo: EchoServer;
let envoy: RunningEnvoy;

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/sdk/index.ts" });
  const [one] = (await loadCases("test/conformance/sdk")).filter(({ rootId }) => rootId === "tags");
  echo = await startEcho();
  const ports = { upstream: echo.port, callouts: echo.port, grpc: echo.port };
  const config = bootstrap([{ name: "main", filters: wasmFilters(one!, outFile, "vm") }], ports);
  const stats_config = statsTags(["method", "code"]);
  envoy = await startEnvoy({ config: JSON.stringify({ ...JSON.parse(config), stats_config }) });
});

afterAll(async () => {
  await envoy?.stop();
  await echo?.close();
});

async function prometheus(method: string, code: string): Promise<string[]> {
  await send(await envoy.listener("main"), {
    protocol: "http1",
    method: "GET",
    path: "/",
    authority: "example.com",
    headers: [
      ["x-method", method],
      ["x-code", code],
    ],
  });
  const text = await envoy.admin.prometheus();
  return text.split("\n").filter((line) => line.startsWith("sdk_"));
}

it("makes labels of the tags of counters, gauges and histograms", async () => {
  const lines = await prometheus("GET", "200");
  expect(lines).toContain('sdk_requests{method="GET",code="200"} 1');
  expect(lines).toContain('sdk_levels{method="GET"} 3');
  expect(lines).toContain('sdk_requests{method="only",code=""} 1');
});

it("keeps a value one value, whatever is in it", async () => {
  const lines = await prometheus('a;.;code=.=b";.x', "x.y\xff\t\xc3\xa4");
  expect(lines).toContain('sdk_requests{method="a_._code=.=b\\"_.x",code="x.y__ä"} 1');
});

it("writes rules for names with any characters, once for each", () => {
  expect(statsTags(["a.b", "a.b"])).toEqual({
    stats_tags: [{ tag_name: "a.b", regex: "^wasmcustom\\.(?:.*?;\\.;)?(a\\.b=\\.=(.*?);\\.;)" }],
  });
});
