import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { CALLBACKS } from "../../harness/build/abi.js";
import { compile } from "../../harness/build/compile.js";

// A host out of its mind: any callback, on any context, in any order, any status from any call, garbage in every buffer.
// Nothing of it may trap, and memory must stay bounded, for each plugin of the fixture but the one that traps on purpose.

/** Where each host function takes the addresses of what it returns: a pointer and its size, or a number. */
const RETURNS: Readonly<Record<string, { buffer?: number; word?: number }>> = {
  proxy_get_property: { buffer: 2 },
  proxy_get_buffer_bytes: { buffer: 3 },
  proxy_get_buffer_status: { word: 1 },
  proxy_get_header_map_pairs: { buffer: 1 },
  proxy_get_header_map_value: { buffer: 3 },
  proxy_get_header_map_size: { word: 1 },
  proxy_get_shared_data: { buffer: 2, word: 4 },
  proxy_dequeue_shared_queue: { buffer: 1 },
  proxy_register_shared_queue: { word: 2 },
  proxy_resolve_shared_queue: { word: 4 },
  proxy_call_foreign_function: { buffer: 4 },
  proxy_get_status: { buffer: 1, word: 0 },
  proxy_define_metric: { word: 3 },
  proxy_get_metric: { word: 1 },
  proxy_http_call: { word: 9 },
  proxy_grpc_call: { word: 11 },
  proxy_grpc_stream: { word: 8 },
  proxy_get_log_level: { word: 0 },
  proxy_get_current_time_nanoseconds: { word: 0 },
};

const MAX_MEMORY_BYTES = 64 << 20;
const CALLS_PER_PLUGIN = 12_000;

type Exports = Record<string, (...values: number[]) => number> & { memory: WebAssembly.Memory };

let module: WebAssembly.Module;
let rootIds: string[];

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/sdk/index.ts" });
  module = new WebAssembly.Module(await readFile(outFile));
  rootIds = await registeredRootIds();
});

/** What the module says when it is asked for a plugin that it does not have. */
async function registeredRootIds(): Promise<string[]> {
  const host = new MadHost("no such plugin", () => 0);
  host.exports["proxy_on_context_create"]?.(1, 0);
  const names = /registered: (.*)$/m.exec(host.logged.join("\n"))?.[1] ?? "";
  return Promise.resolve(names.split(", ").filter((name) => name !== "traps"));
}

class MadHost {
  readonly exports: Exports;
  readonly logged: string[] = [];
  /** Calm while the plugin is made, so that there is something to fuzz. */
  calm = true;

  constructor(
    private readonly rootId: string,
    private readonly random: (bound: number) => number,
  ) {
    const imports: Record<string, Record<string, (...values: number[]) => number>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = (...values) => this.answer(name, values);
    }
    this.exports = new WebAssembly.Instance(module, imports).exports as Exports;
    this.exports["_initialize"]?.();
  }

  private answer(name: string, values: number[]): number {
    if (name === "proxy_log") {
      this.logged.push(Buffer.from(this.exports.memory.buffer, values[1], values[2]).toString());
      return 0;
    }
    const { buffer, word } = RETURNS[name] ?? {};
    if (word !== undefined) this.write(values[word] ?? 0, this.random(0xffff));
    if (buffer !== undefined) {
      const [pointer, size] = [values[buffer] ?? 0, values[buffer + 1] ?? 0];
      const octets = this.calm ? Buffer.from(this.rootId) : this.garbage();
      const address = octets.length > 0 ? (this.exports["malloc"]?.(octets.length) ?? 0) : 0;
      new Uint8Array(this.exports.memory.buffer).set(octets, address);
      this.write(pointer, address);
      this.write(size, octets.length);
    }
    return this.calm ? 0 : this.random(3) > 0 ? 0 : this.random(14);
  }

  private write(address: number, value: number): void {
    new DataView(this.exports.memory.buffer).setUint32(address, value, true);
  }

  /** Random octets, JSON that breaks off, or pairs whose sizes lie. */
  private garbage(): Buffer {
    const size = this.random(64);
    const octets = Buffer.from(Array.from({ length: size }, () => this.random(256)));
    const kind = this.random(4);
    if (kind === 0 && size >= 12) octets.writeUInt32LE(this.random(3), 0);
    if (kind === 1) return Buffer.from('{"a":[1,{"b":"\\u00'.slice(0, size));
    if (kind === 2 && size >= 4) octets.writeUInt32LE(0xffffffff, 0);
    return octets;
  }
}

it("has no trap in any plugin of the fixture, and bounded memory, whatever the host does", () => {
  const callbacks = [
    ...WebAssembly.Module.exports(module)
      .map(({ name }) => name)
      .filter((name) => name in CALLBACKS && name !== "proxy_on_vm_start"),
    // More streams than ends of streams, so that most calls find one.
    ...Array.from({ length: 4 }, () => "proxy_on_context_create"),
    "proxy_on_delete",
  ];
  expect(rootIds.length).toBeGreaterThan(10);
  for (const [index, rootId] of rootIds.entries()) {
    const source = fc.sample(fc.integer({ min: 0, max: 0x7fffffff }), { numRuns: 4096, seed: 7 + index });
    let at = 0;
    let mix = 1;
    const random = (bound: number) => {
      mix = (Math.imul(mix, 1664525) + (source[at++ % source.length] ?? 0) + 1013904223) >>> 0;
      return bound === 0 ? 0 : mix % bound;
    };
    const host = new MadHost(rootId, random);
    host.exports["proxy_on_context_create"]?.(1, 0);
    host.exports["proxy_on_configure"]?.(1, 0);
    host.calm = false;
    for (let call = 0; call < CALLS_PER_PLUGIN; call++) {
      const name = callbacks[random(callbacks.length)] ?? "";
      const id = random(24);
      // The plugin itself stays, or nothing would be left to call.
      if (name === "proxy_on_delete" && id === 1) continue;
      const values = [
        id,
        name === "proxy_on_context_create" ? 1 : random(40),
        random(200),
        random(3),
        random(3),
      ];
      try {
        host.exports[name]?.(...values);
      } catch (error) {
        const trace = host.logged.slice(-3).join("\n");
        throw new Error(
          `${rootId}: call ${call}, ${name}(${values.join(", ")}) trapped: ${String(error)}\n${trace}`,
          {
            cause: error,
          },
        );
      }
      if (host.logged.length > 100) host.logged.length = 0;
    }
    expect(host.exports.memory.buffer.byteLength, rootId).toBeLessThan(MAX_MEMORY_BYTES);
  }
});
