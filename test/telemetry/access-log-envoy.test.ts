import { expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { send } from "../../harness/conformance/client.js";
import { startEnvoy } from "../../harness/envoy/index.js";
import { httpFilter, httpListener, wasm } from "./stats-support.js";

const TYPE = "type.googleapis.com";

it("lets Envoy's own access log leave out what is not worth a line", async () => {
  const { outFile } = await compile({ entry: "test/fixtures/telemetry-roles/index.ts" });
  const filters = [httpFilter(wasm(outFile, {}, "access-log-policy"))];
  const access_log = [
    {
      name: "envoy.access_loggers.stdout",
      filter: {
        extension_filter: {
          name: "cel",
          typed_config: {
            "@type": `${TYPE}/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter`,
            expression: "filter_state['wasm.istio.access_log_policy'] != 'no'",
          },
        },
      },
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog`,
        log_format: { text_format_source: { inline_string: "line: %REQ(:PATH)%\n" } },
      },
    },
  ];
  const answer = (path: string, status: number) => ({ match: { path }, direct_response: { status } });
  const routes = [answer("/broken", 503), { match: { prefix: "/" }, direct_response: { status: 200 } }];
  const envoy = await startEnvoy({
    config: JSON.stringify({
      static_resources: {
        listeners: [httpListener({ name: "main", filters, routes, hcm: { access_log } })],
      },
    }),
  });
  try {
    const listener = await envoy.listener("main");
    for (const path of ["/1", "/2", "/broken", "/3", "/broken"]) {
      await send(listener, { protocol: "http1", method: "GET", path, authority: "a", headers: [] });
    }
  } finally {
    await envoy.stop();
  }
  const lines = [...(await envoy.log()).matchAll(/line: (\S+)/g)].map(([, path]) => path);
  expect(lines).toEqual(["/1", "/broken", "/broken"]);
});
