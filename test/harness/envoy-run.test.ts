import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { request } from "undici";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { followLines } from "../../harness/envoy/log.js";
import { FileWatch } from "../../harness/envoy/watch.js";
import { waitFor } from "../../harness/envoy/wait.js";
import { freePorts } from "../../harness/free-ports.js";
import { Child, compiledHarness, directResponse, script, temporaryFolder } from "./envoy-support.js";

// The command line with the two commands alone, and errors as the real one prints them.
const CLI = `
import { Command, CommanderError } from "commander";
import { register as envoy } from "./harness/commands/envoy.js";
import { register as run } from "./harness/commands/run.js";
const program = new Command("tremula").exitOverride();
envoy(program);
run(program);
for (const command of program.commands) command.copyInheritedSettings(program);
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) console.error("error: " + error.message + (error.hint ? "\\n" + error.hint : ""));
  process.exitCode = error instanceof CommanderError ? 2 : error.exitCode;
}
`;

let cli: string;
beforeAll(async () => {
  cli = await script(await compiledHarness(), "cli", CLI);
  // Installs Envoy if need be, so that no test waits for that.
  expect(spawnSync(process.execPath, [cli, "envoy"], { encoding: "utf8" }).stdout).toMatch(
    /envoy\n\d+\.\d+\.\d+\n$/,
  );
});

const children: Child[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.process.kill("SIGKILL");
    await child.ended;
  }
});

function run(folder: string, ...args: string[]): Child {
  const child = new Child(cli, ["run", "config.yaml", ...args], { cwd: folder });
  children.push(child);
  return child;
}

const ask = async (url: string): Promise<string> => (await request(url)).body.text();
const web = async (child: Child, from = 0): Promise<string> =>
  (await child.waitFor(/ {2}web: (http:\/\/127\.0\.0\.1:\d+)\n/, from))[1] ?? "";

async function folderWith(config: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "config.yaml"), config);
  return folder;
}

// The least that stock Envoy takes for a filter: the ABI's marker, memory, and an allocator that is never called.
const MODULE = Buffer.from(
  "0061736d0100000001090260000060017f017f03030200010503010001073f03066d656d6f727902001770726f78795f6162" +
    "695f76657273696f6e5f305f325f3100001870726f78795f6f6e5f6d656d6f72795f616c6c6f6361746500010a090202000b" +
    "040041000b",
  "hex",
);

describe("tremula run", () => {
  it("says where everything is, and ends with 0 on Ctrl-C", async () => {
    const folder = await folderWith(directResponse("${BODY}", "${PORT}").replace('"${PORT}"', "${PORT}"));
    const child = run(folder, "--set", "PORT=0", "--set", 'BODY=he said: "hi"');
    expect(await ask(await web(child))).toBe('he said: "hi"');
    await child.waitFor(/^Envoy \d+\.\d+\.\d+ \(.*\)$/m);
    const [, admin] = await child.waitFor(/^ {2}admin: (http:\S+)$/m);
    expect(await ask(`${admin}/ready`)).toBe("LIVE\n");
    process.kill(child.pid, "SIGINT");
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.output).toContain("caught ENVOY_SIGTERM");
    await expect(ask(`${admin}/ready`)).rejects.toThrow("ECONNREFUSED");
  });

  it("restarts with a changed config, and keeps the old one while the new one is wrong", async () => {
    const folder = await folderWith(directResponse("one"));
    const config = join(folder, "config.yaml");
    const child = run(folder);
    const url = await web(child);
    await writeFile(config, directResponse("two").replace("200", "9999"));
    await child.waitFor(
      /^config\.yaml changed, but cannot be used \(the running Envoy stays as it is\): config\.yaml: .*\[200, 600\)$/m,
    );
    expect(await ask(url)).toBe("one");
    const from = child.output.length;
    await writeFile(config, directResponse("two"));
    await child.waitFor(/^config\.yaml changed: restarting Envoy$/m, from);
    expect(await ask(await web(child, from))).toBe("two");
  });

  it("restarts with a changed module, and keeps the old one while the new one is half written", async () => {
    const wasm = {
      name: "wasm",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        config: {
          vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: "build/x.wasm" } } },
        },
      },
    };
    const folder = await folderWith(directResponse("one", 0, [wasm]));
    const module = join(folder, "build/x.wasm");
    await mkdir(join(folder, "build"));
    await writeFile(module, MODULE);
    const child = run(folder);
    const url = await web(child);
    await writeFile(module, MODULE.subarray(0, 40));
    await child.waitFor(
      /^build\/x\.wasm changed, but cannot be used .*is not a whole, valid WebAssembly module$/m,
    );
    expect(await ask(url)).toBe("one");
    const from = child.output.length;
    // As a build does that begins with an empty folder.
    await rm(join(folder, "build"), { recursive: true });
    await mkdir(join(folder, "build"));
    await writeFile(module, MODULE);
    await child.waitFor(/^build\/x\.wasm changed: restarting Envoy$/m, from);
    expect(await ask(await web(child, from))).toBe("one");
  });

  it("ends with 1 and one line when Envoy is killed from outside", async () => {
    const child = run(await folderWith(directResponse("one")));
    await web(child);
    const admin = (await child.waitFor(/admin: (http:\S+)\n/))[1] ?? "";
    const info = JSON.parse(await ask(`${admin}/server_info`)) as {
      command_line_options: { config_path: string };
    };
    const path = info.command_line_options.config_path;
    // Envoy logs the id of its main thread, which is that of the process.
    const [, pid] = await child.waitFor(/\]\[(\d+)\]\[\w+\]\[main\]/);
    process.kill(Number(pid), "SIGKILL");
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.output).toMatch(/^error: Envoy was killed by SIGKILL\nits config and log are in \S+\n$/m);
    await rm(join(path, ".."), { recursive: true });
  });

  it("ends with 3 and one line when a port is in use, by another Envoy too", async () => {
    const [port] = await freePorts(1);
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    const folder = await folderWith(directResponse("one", port));
    const line = `error: listener 'web' cannot use 127.0.0.1:${port}: the port is in use\n`;
    const refused = run(folder);
    expect(await refused.ended).toMatchObject({ code: 3 });
    expect(refused.output).toContain(line);
    await new Promise((resolve) => server.close(resolve));

    await web(run(folder));
    const second = run(folder);
    expect(await second.ended).toMatchObject({ code: 3 });
    expect(second.output).toContain(line);
  });

  it.each([
    [["--set", "NOPE=1"], 2, "error: config.yaml has no placeholder ${NOPE} for --set NOPE=…"],
    [["--set", "NOPE"], 2, "Expected NAME=VALUE."],
    [["--concurrency", "0"], 2, "Expected a positive integer."],
    [["--docker", "--envoy", "x"], 2, "error: --docker and --envoy exclude each other"],
    [["--version", "1.38.3"], 3, "was built without the V8 WebAssembly runtime\nuse 1.38.2"],
  ])("with %j ends with %i", async (args, code, message) => {
    const child = run(await folderWith(directResponse("one")), ...args);
    expect(await child.ended).toMatchObject({ code });
    expect(child.output).toContain(message);
  });

  it("with a config that Envoy refuses ends with 1, naming the place in the user's file", async () => {
    const child = run(await folderWith("# a comment\n\nstatic_resources:\n  nope: 1\n"));
    expect(await child.ended).toMatchObject({ code: 1 });
    expect(child.output).toMatch(/^error: config\.yaml:4:3: no such field: 'nope' \(/m);
  });
});

describe("tremula envoy", () => {
  it("prints path and version, and writes them as JSON", async () => {
    const file = join(await temporaryFolder(), "envoy.json");
    const { stdout, status } = spawnSync(process.execPath, [cli, "envoy", "--json", file], {
      encoding: "utf8",
    });
    const json = JSON.parse(await readFile(file, "utf8")) as { path: string; version: string };
    expect(stdout).toBe(`${json.path}\n${json.version}\n`);
    expect(status).toBe(0);
    expect(spawnSync(json.path, ["--version"], { encoding: "utf8" }).stdout).toContain(json.version);
  });
});

describe("the watch on files", () => {
  const NEVER = new AbortController().signal;

  it("sees a file that is replaced, once", async () => {
    const folder = await temporaryFolder();
    const [a, b] = [join(folder, "a"), join(folder, "b")];
    await writeFile(a, "1");
    await writeFile(b, "1");
    const watch = new FileWatch();
    await watch.watch([a, b]);
    await writeFile(join(folder, "new"), "1");
    await rename(join(folder, "new"), b);
    expect(await watch.next(NEVER)).toEqual([b]);
    await expect(watch.next(AbortSignal.timeout(500))).rejects.toThrow("aborted");
  });

  it("waits for a file that is gone to come back", async () => {
    const file = join(await temporaryFolder(), "a");
    await writeFile(file, "1");
    const watch = new FileWatch();
    await watch.watch([file]);
    await rm(file);
    await expect(watch.next(AbortSignal.timeout(500))).rejects.toThrow("aborted");
    await writeFile(file, "1");
    expect(await watch.next(NEVER)).toEqual([file]);
  });
});

describe("a followed log", () => {
  it("gives whole lines as they come, and the rest at the end", async () => {
    const file = join(await temporaryFolder(), "log");
    await writeFile(file, "one\ntw");
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const lines: string[] = [];
    const following = (async () => {
      for await (const line of followLines(file, ended)) lines.push(line);
    })();
    const have = (count: number): Promise<true> =>
      waitFor({
        what: `${count} lines`,
        timeoutMs: 5_000,
        check: () => (lines.length === count ? true : undefined),
      });
    await have(1);
    await appendFile(file, "o\nthr");
    await have(2);
    await appendFile(file, "ee");
    end();
    await following;
    expect(lines).toEqual(["one", "two", "three"]);
  });
});
