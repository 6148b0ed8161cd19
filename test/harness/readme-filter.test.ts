import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { startPlugin } from "../../harness/host/index.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-readme-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("is whole: what README.md shows compiles as it stands, and adds its header", async () => {
  const [, source] = /```ts\n([^]*?)```/.exec(await readFile("README.md", "utf8")) ?? [];
  const entry = join(folder, "index.ts");
  await writeFile(entry, source ?? "");
  const { outFile } = await compile({ entry, outFile: join(folder, "readme.wasm") });
  const plugin = startPlugin(await readFile(outFile), {});
  expect(plugin.request().response.headers.get("x-greeting")).toBe("hello");
}, 120_000);
