import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, expect, it } from "vitest";
import * as host from "../../harness/host/index.js";
import { moduleOf, ROOT } from "./support.js";

// What docs/testing.md shows is true: each of its examples runs, with what the text before it has made.

const text = readFileSync(join(ROOT, "docs/testing.md"), "utf8");
const examples = text.split(/^## /m).flatMap((section) => {
  const heading = section.slice(0, section.indexOf("\n"));
  return [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => [heading, code ?? ""] as const);
});

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await moduleOf("examples/add-header/index.ts");
});

it("has examples", () => {
  expect(examples.length).toBeGreaterThan(14);
});

it.each(examples)("%s", async (_, code) => {
  const names = {
    ...host,
    expect,
    moduleOf: (example: string) => moduleOf(`examples/${example}/index.ts`),
    readFile: () => Promise.resolve(readFileSync(join(ROOT, "build/add-header.wasm"))),
  };
  const given: Record<string, unknown> = {
    module,
    plugin: host.startPlugin(module, { configuration: { header: "x-greeting", value: "hello" } }),
  };
  // An example that makes its own takes nothing that is given.
  for (const name of Object.keys(given)) if (code.includes(`const ${name} =`)) delete given[name];
  const body = ts.transpileModule(code.replace(/^import .*\n/gm, ""), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  }).outputText;
  const scope = { ...names, ...given };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function(...Object.keys(scope), `return (async () => {${body}})();`) as (
    ...values: unknown[]
  ) => Promise<void>;
  await run(...Object.values(scope));
});
