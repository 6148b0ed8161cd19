import { expect, it } from "vitest";
import { HOST_FUNCTIONS } from "../../harness/build/abi.js";
import { audit } from "../../harness/build/audit.js";
import { compile } from "../../harness/build/compile.js";
import { readModule } from "../../harness/build/module.js";
import { bootstrap } from "../../harness/conformance/envoy-config.js";
import { locateEnvoy, validateYaml } from "../../harness/envoy/index.js";

it("declares every host function as stock Envoy links it", async () => {
  const { outFile } = await compile({ entry: "test/fixtures/abi/index.ts" });
  const module = await readModule(outFile);
  expect(audit(module)).toEqual([]);
  expect(module.imports.map(({ name }) => name).sort()).toEqual(Object.keys(HOST_FUNCTIONS).sort());

  const wasm = {
    name: "wasm",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: outFile } } },
      },
    },
  };
  const config = bootstrap([{ name: "main", filters: [wasm] }], { upstream: 1, callouts: 1, grpc: 1 });
  const { path } = await locateEnvoy({});
  await expect(validateYaml(path, config, { file: "every import", text: config })).resolves.toBeUndefined();
});
