// Tests in this process, with a host that keeps Envoy's rules.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { startPlugin } from "tremula/harness";

const module = await WebAssembly.compile(await readFile("build/__name__.wasm"));

test("lets a connection pass that greets, however its bytes are cut", () => {
  const plugin = startPlugin(module);
  const text = "hello\nand more";
  for (let cut = 1; cut < text.length; cut++) {
    const connection = plugin.tcp();
    connection.send(text.slice(0, cut));
    connection.send(text.slice(cut));
    assert.equal(connection.upstreamText, text);
    assert.equal(connection.closedBy, null);
  }
});

test("closes a connection that says something else, and counts it", () => {
  const plugin = startPlugin(module, { configuration: { greeting: "good day" } });
  const connection = plugin.tcp();
  connection.send("good evening\n");
  assert.equal(connection.closedBy, "filter");
  assert.equal(connection.upstreamText, "");
  assert.equal(plugin.counter("__name__.refused"), 1);
});

test("refuses a configuration that it does not understand", () => {
  assert.throws(() => startPlugin(module, { configuration: { greting: "x" } }), /\$\.greting: unknown field/);
});
