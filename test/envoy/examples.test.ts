import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { loadConfig, locateEnvoy, validateYaml } from "../../harness/envoy/index.js";

const names = (await readdir("examples", { withFileTypes: true })).flatMap((entry) =>
  existsSync(join("examples", entry.name, "index.ts")) ? [entry.name] : [],
);

it.each(names)("stock Envoy takes examples/%s/envoy.yaml as it is, with the filter", async (name) => {
  await compile({ entry: join("examples", name, "index.ts") });
  const file = join("examples", name, "envoy.yaml");
  const yaml = await loadConfig(file);
  const { path } = await locateEnvoy({});
  await expect(validateYaml(path, yaml, { file, text: yaml })).resolves.toBeUndefined();
});
