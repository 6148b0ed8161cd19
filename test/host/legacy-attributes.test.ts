import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";

// Envoys before 1.25 have what is now below `xds` at the top level; none of them is among those that are tested on.
const NOT_FOUND = 1;

async function attributesOn(properties: Readonly<Record<string, string>>) {
  const { outFile } = await compile({ entry: "test/fixtures/sdk/index.ts" });
  const module = new WebAssembly.Module(await readFile(outFile));
  const asked: string[] = [];
  const headers: Record<string, string> = {};
  const text = (address = 0, size = 0) => Buffer.from(memory.buffer, address, size).toString();
  const give = (value: string, pointer: number, size: number) => {
    const address = exports.proxy_on_memory_allocate!(value.length);
    new Uint8Array(memory.buffer).set(Buffer.from(value), address);
    new DataView(memory.buffer).setUint32(pointer, address, true);
    new DataView(memory.buffer).setUint32(size, value.length, true);
    return 0;
  };
  const answers: Record<string, (...values: number[]) => number> = {
    proxy_get_property: (path, size, pointer = 0, sizePointer = 0) => {
      const name = text(path, size).replaceAll("\0", ".");
      asked.push(name);
      const value = properties[name];
      return value === undefined ? NOT_FOUND : give(value, pointer, sizePointer);
    },
    proxy_add_header_map_value: (_map, key, keySize, value, valueSize) => {
      headers[text(key, keySize)] = text(value, valueSize);
      return 0;
    },
  };
  const imports: Record<string, Record<string, (...values: number[]) => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = answers[name] ?? (() => NOT_FOUND);
  }
  const instance = new WebAssembly.Instance(module, imports);
  const exports = instance.exports as Record<string, (...values: number[]) => number>;
  const memory = instance.exports.memory as WebAssembly.Memory;
  exports._initialize!();
  exports.proxy_on_context_create!(1, 0);
  exports.proxy_on_configure!(1, 0);
  exports.proxy_on_context_create!(2, 1);
  exports.proxy_on_response_headers!(2, 1, 1);
  return { asked, headers };
}

it("reads the names of older Envoys where there are no others, and finds out once", async () => {
  const { asked, headers } = await attributesOn({
    plugin_root_id: "attributes",
    node: "a node",
    "node.id": "me",
    "node.metadata.zone": "here",
    cluster_name: "one",
    route_name: "two",
    "route_metadata.filter_metadata.tremula.of": "route",
    "upstream_host_metadata.filter_metadata.tremula.of": "host",
  });
  expect(headers["x-node"]).toBe('node=there id="me" zone=here stream=one null');
  expect(headers["x-xds"]).toContain("cluster=one route=two host=null");
  expect(headers["x-xds"]).toContain("whose=null,route,null,null,host,null");
  expect(asked.filter((name) => name === "xds.node")).toHaveLength(1);
});

it("reads the newer names only, where there are any", async () => {
  const { asked, headers } = await attributesOn({
    plugin_root_id: "attributes",
    "xds.node": "a node",
    "xds.cluster_name": "one",
    cluster_name: "old",
  });
  expect(headers["x-xds"]).toContain("cluster=one route=null");
  expect(asked).not.toContain("cluster_name");
  expect(asked).not.toContain("route_name");
});
