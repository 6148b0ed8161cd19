import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { startPlugin } from "../../harness/host/index.js";
import { ROOT } from "./support.js";

// Envoy still knows a stream for a moment after its end, lets modules act on it, and crashes (measured on 1.40.0).
test(
  "the answer of a filter's old callout does nothing for a stream that has ended",
  { timeout: 120_000 },
  async () => {
    const outFile = join(ROOT, "build/test/compat-auth.wasm");
    await compile({ entry: join(ROOT, "test/fixtures/compat-auth/index.ts"), outFile });
    const plugin = startPlugin(await WebAssembly.compile(await readFile(outFile)), {
      rootId: "auth",
      configuration: "auth",
    });
    plugin.request().abort();
    plugin.clearTimings();
    plugin.callout.respond({ status: 200 });
    const called = plugin.timings().filter(({ count }) => count > 0);
    const names = called.map(({ name }) => name);
    expect(names).toContain("proxy_on_http_call_response");
    expect(names).not.toContain("proxy_set_effective_context");
  },
);
