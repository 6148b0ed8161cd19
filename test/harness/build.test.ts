import binaryen from "assemblyscript/binaryen";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { audit } from "../../harness/build/audit.js";
import { compile, defaultOutFile } from "../../harness/build/compile.js";
import { readModule } from "../../harness/build/module.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-build-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const IMPORTS = `import { FilterHeadersStatus, HttpContext, PluginContext, registerPlugin, TcpContext, FilterStatus } from "tremula/assembly";`;

async function build(source: string, options: { debug?: boolean } = {}) {
  const entry = join(folder, "index.ts");
  await writeFile(entry, source);
  const { outFile } = await compile({ entry, outFile: join(folder, "out.wasm"), ...options });
  return readModule(outFile);
}

function errorsOf(module: Awaited<ReturnType<typeof readModule>>): string[] {
  return audit(module).flatMap(({ severity, text }) => (severity === "error" ? [text] : []));
}

function callbacksOf(module: Awaited<ReturnType<typeof readModule>>): string[] {
  return module.exports.map(({ name }) => name).filter((name) => name.startsWith("proxy_on_"));
}

const BOOKKEEPING = [
  "proxy_on_memory_allocate",
  "proxy_on_configure",
  "proxy_on_context_create",
  "proxy_on_delete",
];

describe("a filter's exports", () => {
  it("are only the callbacks that its classes define", async () => {
    const module = await build(`export * from "tremula/assembly/proxy"; ${IMPORTS}
      class Stream extends HttpContext {
        onResponseHeaders(count: u32, end: bool): FilterHeadersStatus { return FilterHeadersStatus.Continue; }
        onLog(): void {}
      }
      class Plugin extends PluginContext {
        createHttpContext(): HttpContext { return new Stream(); }
        onTick(): void {}
      }
      registerPlugin(() => new Plugin());`);
    expect(callbacksOf(module).sort()).toEqual(
      [...BOOKKEEPING, "proxy_on_response_headers", "proxy_on_log", "proxy_on_tick"].sort(),
    );
    expect(errorsOf(module)).toEqual([]);
  });

  it("include callbacks that a class of the filter inherits from another class of it", async () => {
    const module = await build(`export * from "tremula/assembly/proxy"; ${IMPORTS}
      abstract class Base extends TcpContext {
        onNewConnection(): FilterStatus { return FilterStatus.Continue; }
      }
      class Connection extends Base {}
      class Plugin extends PluginContext {
        createTcpContext(): TcpContext { return new Connection(); }
      }
      registerPlugin(() => new Plugin());`);
    expect(callbacksOf(module).sort()).toEqual([...BOOKKEEPING, "proxy_on_new_connection"].sort());
  });

  it("are nothing but bookkeeping for a filter that defines nothing", async () => {
    const module = await build(`export * from "tremula/assembly/proxy"; ${IMPORTS}
      class Plugin extends PluginContext {}
      registerPlugin(() => new Plugin());`);
    expect(callbacksOf(module).sort()).toEqual([...BOOKKEEPING].sort());
    expect(errorsOf(module)).toEqual([]);
  });
});

describe("the audit", () => {
  const filter = (body: string) => `export * from "tremula/assembly/proxy"; ${IMPORTS}
    class Plugin extends PluginContext { onTick(): void { ${body} } }
    registerPlugin(() => new Plugin());`;

  it.each([
    ["Math.random", "let x = Math.random(); if (x > 2) this.onTick();", "env.seed", "Math.random"],
    ["console.log", `console.log("x");`, "env.console.log", "logInfo()"],
    ["Date.now", "if (Date.now() < 0) this.onTick();", "env.Date.now", "currentTimeNanoseconds()"],
    ["trace", `trace("x");`, "env.trace", "log()"],
  ])("names the import that %s brings in, and what to use", async (_, body, name, instead) => {
    const errors = errorsOf(await build(filter(body)));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`import ${name} does not exist in Envoy`);
    expect(errors[0]).toContain(instead);
  });

  it("says that the entry file lacks the SDK, or its exports", async () => {
    await expect(build("export function f(): void {}")).rejects.toMatchObject({
      code: "SDK_NOT_IMPORTED",
      message: expect.stringContaining('export * from "tremula/assembly/proxy";') as string,
    });
    const errors = errorsOf(
      await build(
        `import { registerPlugin, PluginContext } from "tremula/assembly"; import "tremula/assembly/proxy";`,
      ),
    );
    expect(errors[0]).toContain("no ABI marker (proxy_abi_version_0_2_1)");
    expect(errors[0]).toContain('export * from "tremula/assembly/proxy";');
  });

  async function handmade(make: (module: binaryen.Module) => void) {
    const module = new binaryen.Module();
    module.setMemory(1, 1, "memory");
    const nothing = module.addFunction("nothing", binaryen.none, binaryen.none, [], module.nop());
    expect(nothing).not.toBe(0);
    module.addFunctionExport("nothing", "proxy_abi_version_0_2_1");
    module.addFunction("malloc", binaryen.i32, binaryen.i32, [], module.i32.const(0));
    module.addFunctionExport("malloc", "malloc");
    make(module);
    const path = join(folder, "handmade.wasm");
    await writeFile(path, module.emitBinary());
    module.dispose();
    return readModule(path);
  }

  it("accepts a minimal module, of whatever SDK", async () => {
    expect(audit(await handmade(() => {}))).toEqual([]);
  });

  it("finds imports and exports of the wrong type", async () => {
    const module = await handmade((made) => {
      made.addFunctionImport("log", "env", "proxy_log", binaryen.createType([binaryen.i32]), binaryen.i32);
      made.addFunctionExport("nothing", "proxy_on_request_headers");
    });
    expect(errorsOf(module)).toEqual([
      "import env.proxy_log has type (i32) -> i32; Envoy's has (i32 i32 i32) -> i32",
      "export proxy_on_request_headers has type () -> nothing; Envoy calls it as (i32 i32 i32) -> i32",
    ]);
  });

  it("finds functions that went with ABI 0.1.0, foreign modules and a start section", async () => {
    const module = await handmade((made) => {
      made.addFunctionImport("clear", "env", "proxy_clear_route_cache", binaryen.none, binaryen.i32);
      made.addFunctionImport("other", "host", "other", binaryen.none, binaryen.i32);
      made.setStart(made.addFunction("start", binaryen.none, binaryen.none, [], made.nop()));
    });
    expect(errorsOf(module)).toEqual([
      expect.stringContaining("use the foreign function clear_route_cache"),
      expect.stringContaining("it has no module host"),
      expect.stringContaining("start section"),
    ]);
  });

  it("warns of an export that looks like a callback and is none", async () => {
    const module = await handmade((made) =>
      made.addFunctionExport("nothing", "proxy_on_grpc_trailing_metadata"),
    );
    expect(audit(module)).toEqual([
      { severity: "warning", text: expect.stringContaining("proxy_on_grpc_trailing_metadata") as string },
    ]);
  });

  it("says in one error what is no module", async () => {
    const path = join(folder, "no.wasm");
    await writeFile(path, "not wasm");
    await expect(readModule(path)).rejects.toMatchObject({ code: "MODULE_INVALID", exitCode: 1 });
    await expect(readModule(join(folder, "absent.wasm"))).rejects.toMatchObject({
      code: "MODULE_UNREADABLE",
      exitCode: 2,
    });
  });
});

describe("compiling", () => {
  const SOURCE = `export * from "tremula/assembly/proxy"; import { LABEL } from "./label"; ${IMPORTS}
    class Plugin extends PluginContext { label: string = LABEL; }
    registerPlugin(() => new Plugin());`;

  it("is skipped until one of the files that went into it changes", async () => {
    await writeFile(join(folder, "label.ts"), `export const LABEL = "one";`);
    await build(SOURCE);
    const options = { entry: join(folder, "index.ts"), outFile: join(folder, "out.wasm") };
    expect(await compile(options)).toMatchObject({ built: false });
    // A touched file is not a changed one.
    await utimes(join(folder, "label.ts"), new Date(), new Date());
    expect(await compile(options)).toMatchObject({ built: false });
    await writeFile(join(folder, "label.ts"), `export const LABEL = "two";`);
    expect(await compile(options)).toMatchObject({ built: true });
    await rm(join(folder, "out.wasm"));
    expect(await compile(options)).toMatchObject({ built: true });
  });

  it("reports what does not compile with file and line, and writes nothing", async () => {
    await expect(
      build(`export * from "tremula/assembly/proxy";\nlet x: i32 = "text";`),
    ).rejects.toMatchObject({
      code: "COMPILE_FAILED",
      message: expect.stringMatching(
        /index\.ts does not compile[\s\S]*Type '.*string.*' is not assignable[\s\S]*index\.ts\(2,\d+\)/i,
      ) as string,
    });
    expect(await readdir(folder)).toEqual(["index.ts"]);
  });

  it("gives the same bytes each time", async () => {
    await writeFile(join(folder, "label.ts"), `export const LABEL = "one";`);
    await build(SOURCE);
    const first = await readFile(join(folder, "out.wasm"));
    await rm(join(folder, "out.wasm"));
    await build(SOURCE);
    expect((await readFile(join(folder, "out.wasm"))).equals(first)).toBe(true);
  });

  it("gives a debug build a source map and names", async () => {
    await writeFile(join(folder, "label.ts"), `export const LABEL = "one";`);
    const release = await build(SOURCE);
    await mkdir(join(folder, "debug"), { recursive: true });
    const { outFile } = await compile({
      entry: join(folder, "index.ts"),
      outFile: join(folder, "debug", "out.wasm"),
      debug: true,
    });
    expect((await stat(`${outFile}.map`)).size).toBeGreaterThan(0);
    expect((await readModule(outFile)).sizeBytes).toBeGreaterThan(release.sizeBytes);
  });

  it("names its output after the folder of an index file", () => {
    expect(defaultOutFile("examples/add-header/index.ts")).toBe(join("build", "add-header.wasm"));
    expect(defaultOutFile("filter.ts", true)).toBe(join("build", "filter.debug.wasm"));
  });
});
