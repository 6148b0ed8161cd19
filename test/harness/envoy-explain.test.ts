import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { explainLog } from "../../harness/envoy/explain.js";
import { hasV8, locateEnvoy, validateConfig } from "../../harness/envoy/index.js";
import { directResponse, temporaryFolder } from "./envoy-support.js";

let envoy: string;
beforeAll(async () => {
  envoy = (await locateEnvoy()).path;
});

/** What stock Envoy's refusal of a config comes out as. */
async function refusal(
  yaml: string,
): Promise<{ message: string; code: string; exitCode: number; file: string }> {
  const file = join(await temporaryFolder(), "envoy.yaml");
  await writeFile(file, yaml);
  const error = await validateConfig(envoy, file).then(
    () => Promise.reject(new Error("Envoy accepts it")),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "HarnessError" });
  return { ...(error as { code: string; exitCode: number }), message: (error as Error).message, file };
}

const wasm = (code: object): object => ({
  name: "wasm",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
    config: { name: "mine", vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: code } } },
  },
});

describe("a config that stock Envoy", () => {
  it("accepts passes", async () => {
    const file = join(await temporaryFolder(), "envoy.yaml");
    await writeFile(file, directResponse("hello"));
    await expect(validateConfig(envoy, file)).resolves.toBeUndefined();
  });

  it("cannot parse is refused with the place", async () => {
    const { message, code, exitCode, file } = await refusal("static_resources:\n  listeners: [\n");
    expect(message).toMatch(new RegExp(`^${file}:3:1: end of sequence flow not found$`));
    expect({ code, exitCode }).toEqual({ code: "CONFIG_INVALID", exitCode: 1 });
  });

  it("knows no such field of is refused with the field's place, in one line", async () => {
    const yaml = directResponse("hello").replace('"stat_prefix"', '"stat_prefixx"');
    const before = yaml.slice(0, yaml.indexOf('"stat_prefixx"')).split("\n");
    const { message, file } = await refusal(yaml);
    const place = `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    expect(message).toContain(`${place}: no such field: 'stat_prefixx' (`);
    expect(message).toContain("HttpConnectionManager at static_resources.listeners[0].filter_chains[0]");
    expect(message).not.toContain("\n");
  });

  it("takes camelCase names from is refused with the place all the same", async () => {
    const { message, file } = await refusal(
      "staticResources:\n  listeners:\n    - name: x\n      noSuch: 1\n",
    );
    expect(message).toContain(`${file}:4:7: no such field: 'noSuch' (envoy.config.listener.v3.Listener at `);
  });

  it("finds a value of the wrong type in is refused with the place", async () => {
    const { message, file } = await refusal("static_resources:\n  listeners:\n    - name: 5\n");
    expect(message).toBe(
      `${file}:3:13: unexpected character: '5'; expected '"' (string at static_resources.listeners[0].name)`,
    );
  });

  it("finds a value out of range in is refused with the path and the rule", async () => {
    const { message } = await refusal(directResponse("hello").replace("200", "9999"));
    expect(message).toMatch(
      /: RouteConfig\.VirtualHosts\[0\]\.Routes\[0\]\.DirectResponse\.Status: value must be inside range \[200, 600\)$/,
    );
  });

  it("knows no such extension for is refused without the whole config behind it", async () => {
    const { message } = await refusal(
      directResponse("hello").replace("http.router.v3.Router", "http.nope.v3.Nope"),
    );
    expect(message).toMatch(/could not find @type 'type\.googleapis\.com\/\S+\.http\.nope\.v3\.Nope'\)$/);
  });

  it("misses a module of is refused with its name", async () => {
    const { message } = await refusal(
      directResponse("hello", 0, [wasm({ filename: "/nonexistent/x.wasm" })]),
    );
    expect(message).toMatch(/: Invalid path: \/nonexistent\/x\.wasm$/);
  });

  it("cannot load a module of is refused with the reason, not with its consequences", async () => {
    const { message, code } = await refusal(
      directResponse("hello", 0, [wasm({ inline_bytes: "AGFzbQEAAAA=" })]),
    );
    expect(code).toBe("WASM_REFUSED");
    expect(message).toContain("Missing or unknown Proxy-Wasm ABI version; Unable to create Wasm plugin mine");
    expect(message).not.toContain("failed to load");
  });

  it("has a V8 for", async () => {
    expect(await hasV8(envoy)).toBe(true);
  });
});

const line = (level: string, logger: string, text: string): string =>
  `[2026-11-23 06:17:34.581][5851][${level}][${logger}] [source/a/b.cc:102] ${text}\n`;

describe("a recorded log", () => {
  it("of an Envoy without V8 is told apart", () => {
    const log =
      line(
        "warning",
        "wasm",
        "Failed to create Wasm VM using envoy.wasm.runtime.v8 runtime. Envoy was compiled without support for it",
      ) + line("critical", "main", "error initializing configuration 'x': Unable to create Wasm plugin w");
    expect(explainLog(log)).toMatchObject({
      code: "ENVOY_WITHOUT_V8",
      exitCode: 3,
      message: expect.stringContaining("was built without the V8 WebAssembly runtime") as string,
    });
  });

  it("of a plugin that refuses its configuration gives the plugin's words first", () => {
    const log =
      line("info", "wasm", "wasm log jwt root: starting") +
      line("error", "wasm", "wasm log jwt root: $.providers: missing") +
      line("error", "wasm", "Wasm VM failed Failed to configure base Wasm plugin") +
      line("critical", "wasm", "Plugin jwt failed to load") +
      line("critical", "wasm", "Plugin configured to fail closed failed to load") +
      line(
        "critical",
        "main",
        "error `Unable to create Wasm plugin jwt` initializing config 'goo.gle/x \n  x.yaml'",
      ) +
      "Unable to create Wasm plugin jwt\n";
    expect(explainLog(log, { file: "x.yaml", text: "" })?.message).toBe(
      "x.yaml: Envoy refuses a Wasm plugin: $.providers: missing; Failed to configure base Wasm plugin; Unable to create Wasm plugin jwt",
    );
  });

  it("of a taken port names the listener and the address", () => {
    const words = "cannot bind '127.0.0.1:80': Address already in use";
    const log =
      line("error", "config", `listener 'web' failed to bind or apply socket options: ${words}`) +
      line("critical", "main", `error \`${words}\` initializing config 'x.yaml'`);
    expect(explainLog(log)).toMatchObject({
      code: "PORT_IN_USE",
      message: "listener 'web' cannot use 127.0.0.1:80: the port is in use",
    });
  });

  it("without a reason explains nothing", () => {
    expect(explainLog(line("critical", "main", "assert failure") + "Segmentation fault\n")).toBeUndefined();
    expect(explainLog("")).toBeUndefined();
  });
});
