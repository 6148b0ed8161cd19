// Tests in this process, with a host that keeps Envoy's rules: for what cases cannot say.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { startPlugin } from "tremula/harness";

const module = await WebAssembly.compile(await readFile("build/__name__.wasm"));

test("keeps the tenants of overlapping requests apart", () => {
  const plugin = startPlugin(module);
  const streams = ["acme", "globex"].map((tenant) => {
    const stream = plugin.http();
    stream.sendHeaders({ headers: [["x-tenant", tenant]] }, { endOfStream: true });
    return stream;
  });
  for (const stream of streams) stream.respondHeaders({ status: 200 }, { endOfStream: true });
  assert.deepEqual(
    streams.map((stream) => stream.response.headers.get("x-served-tenant")),
    ["acme", "globex"],
  );
});

test("has flat memory over ten thousand requests", () => {
  // The collector lets 256 KiB of garbage lie before it comes for the first time.
  const plugin = startPlugin(module);
  const headers = [["x-tenant", "acme"]];
  for (let i = 0; i < 10_000; i++) plugin.request({ headers });
  const pages = plugin.memoryPages;
  for (let i = 0; i < 10_000; i++) plugin.request({ headers });
  assert.ok(plugin.memoryPages <= pages, `memory grew from ${pages} to ${plugin.memoryPages} pages`);
});
