import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { createAssemblyScriptPool } from "vitest-pool-assemblyscript/config";

export default defineConfig({
  test: {
    // Much of the time is spent waiting for an Envoy, so that two files at once fit on two cores.
    maxWorkers: Math.max(2, Math.min(4, availableParallelism() - 1)),
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
          setupFiles: "test/plain-output.ts",
          include: [
            "test/{crypto,deploy,envoy,conformance,generate,harness,host,images,jwt,match,property,protocol,rbac,report,resources,telemetry,vet}/**/*.test.ts",
            "examples/**/*.test.ts",
          ],
          testTimeout: 60_000,
          // Before the first case every filter may have to be compiled.
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
