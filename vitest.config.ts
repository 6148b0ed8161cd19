import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { createAssemblyScriptPool } from "vitest-pool-assemblyscript/config";

export default defineConfig({
  test: {
    // An Envoy and the load on it want a core each.
    maxWorkers: Math.max(1, Math.min(4, availableParallelism() - 1)),
    projects: [
      {
        test: {
          name: "assembly",
          include: ["test/assembly/**/*.as.test.ts"],
          globalSetup: "test/assembly/without-addon.ts",
          pool: createAssemblyScriptPool({
            // The runtime of filters, but nothing optimized, so that an error names its line; the configuration is an
            // empty one, because the compiler would take the filters' from the working folder.
            extraCompilerFlags: ["--config", "test/assembly/asconfig.json", "--runtime", "minimal"],
            wasmImportsFactory: "test/assembly/host-stub.js",
          }),
        },
      },
      {
        test: {
          name: "harness",
          environment: "node",
          include: [
            "test/{crypto,harness,host,envoy,conformance,jwt,match,property,rbac,telemetry}/**/*.test.ts",
            "examples/**/*.test.ts",
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
