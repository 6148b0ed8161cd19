import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cachedEnvoy } from "../../harness/envoy/cache.js";
import { locateEnvoy, resolveVersion } from "../../harness/envoy/index.js";
import { requirePlatform } from "../../harness/envoy/platform.js";
import { Progress } from "../../harness/progress.js";
import { FAKE_ENVOY, QUIET, temporaryFolder } from "./envoy-support.js";

async function executable(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

const says = (version: string): string =>
  `#!/bin/sh\necho "envoy  version: abc/${version}/Clean/RELEASE/BoringSSL"\n`;

/** An environment without python3 and with an empty cache. */
async function bare(): Promise<{ env: NodeJS.ProcessEnv; bin: string }> {
  const folder = await temporaryFolder();
  const bin = join(folder, "bin");
  await mkdir(bin);
  return { env: { PATH: bin, TREMULA_CACHE: join(folder, "cache") }, bin };
}

const cached = (env: NodeJS.ProcessEnv, version: string): Promise<string> =>
  executable(cachedEnvoy(version, requirePlatform(), env), says(version));

describe("an Envoy is taken from", () => {
  it("the path that was given, before everything else", async () => {
    const { env, bin } = await bare();
    await cached(env, "1.40.0");
    const path = await executable(join(bin, "mine"), says("1.36.0"));
    const found = await locateEnvoy({ path, env: { ...env, TREMULA_ENVOY: "/nonexistent" } });
    expect(found).toEqual({
      path,
      source: "option",
      version: "1.36.0",
      build: "abc/1.36.0/Clean/RELEASE/BoringSSL",
    });
  });

  it("TREMULA_ENVOY, before the cache", async () => {
    const { env, bin } = await bare();
    await cached(env, "1.40.0");
    const path = await executable(join(bin, "mine"), says("1.36.0"));
    expect(await locateEnvoy({ env: { ...env, TREMULA_ENVOY: path } })).toMatchObject({
      path,
      source: "env",
    });
  });

  it("the cache, without python3, in the version that was asked for", async () => {
    const { env } = await bare();
    await cached(env, "1.40.0");
    const path = await cached(env, "1.39.3");
    expect(await locateEnvoy({ version: "1.39.3", env })).toMatchObject({
      path,
      source: "cache",
      version: "1.39.3",
    });
    expect(await locateEnvoy({ version: "v1.39", env })).toMatchObject({ path });
    expect(await locateEnvoy({ env })).toMatchObject({ version: "1.40.0" });
  });

  it("PATH when none can be installed and no version was asked for, and says so", async () => {
    const { env, bin } = await bare();
    const path = await executable(join(bin, "envoy"), says("1.35.1"));
    const notes: string[] = [];
    const progress = Object.assign(new Progress(), {
      step: () => undefined,
      note: (text: string) => void notes.push(text),
    });
    expect(await locateEnvoy({ env, progress })).toMatchObject({ path, source: "path", version: "1.35.1" });
    expect(notes).toEqual([expect.stringContaining(`using ${path} (Envoy 1.35.1): cannot download`)]);
  });

  it("nowhere when a version was asked for that cannot be installed, in spite of PATH", async () => {
    const { env, bin } = await bare();
    await executable(join(bin, "envoy"), says("1.35.1"));
    await expect(locateEnvoy({ version: "1.40.0", env, progress: QUIET })).rejects.toMatchObject({
      code: "PYTHON_MISSING",
      exitCode: 3,
    });
  });
});

describe("an Envoy is refused", () => {
  it("when it is of another version than the one that was asked for", async () => {
    const { env, bin } = await bare();
    const path = await executable(join(bin, "mine"), says("1.36.0"));
    await expect(locateEnvoy({ path, version: "1.40.0", env })).rejects.toThrow(
      /is Envoy 1\.36\.0, but 1\.40\.0 was asked/,
    );
    await expect(locateEnvoy({ path, version: "1.36", env })).resolves.toMatchObject({ version: "1.36.0" });
  });

  it("when there is no such file, or it is a folder", async () => {
    const { env, bin } = await bare();
    await expect(locateEnvoy({ path: join(bin, "none"), env })).rejects.toThrow(/no such file/);
    await expect(locateEnvoy({ path: bin, env })).rejects.toThrow(/that is a folder/);
  });

  it("when it is not executable", async () => {
    const { env, bin } = await bare();
    const path = await executable(join(bin, "mine"), says("1.36.0"));
    await chmod(path, 0o644);
    await expect(locateEnvoy({ path, env })).rejects.toThrow(/is not executable/);
  });

  it("when it is no Envoy", async () => {
    const { env, bin } = await bare();
    const path = await executable(join(bin, "mine"), "#!/bin/sh\necho 1.2.3\n");
    await expect(locateEnvoy({ path, env })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('is not an Envoy: --version says "1.2.3"') as string,
    });
  });

  it("when it fails, with what it says", async () => {
    const { env, bin } = await bare();
    const path = await executable(
      join(bin, "mine"),
      "#!/bin/sh\necho 'libfoo.so: no such library' >&2\nexit 127\n",
    );
    await expect(locateEnvoy({ path, env })).rejects.toThrow(/--version failed: libfoo\.so: no such library/);
  });

  it("when it is built for another processor", async () => {
    const { env, bin } = await bare();
    const path = join(bin, "mine");
    await copyFile(process.execPath, path);
    const binary = await readFile(path);
    const other = process.arch === "x64" ? 0xb7 : 0x3e;
    binary.writeUInt16LE(other, 18);
    await writeFile(path, binary.subarray(0, 4_096));
    await chmod(path, 0o755);
    const name = process.arch === "x64" ? "arm64" : "x64";
    await expect(locateEnvoy({ path, env })).rejects.toThrow(
      `is built for ${name}, this machine is ${process.arch}`,
    );
  });

  it("when it is a link that leads nowhere on PATH: the reason for not installing is the error", async () => {
    const { env, bin } = await bare();
    await symlink("/nonexistent", join(bin, "envoy"));
    await expect(locateEnvoy({ env, progress: QUIET })).rejects.toMatchObject({ code: "PYTHON_MISSING" });
  });
});

describe("a version", () => {
  it("can be given in full, with a v and without the patch", () => {
    expect(["1.40.0", "v1.40.0", "1.40", "1.38"].map(resolveVersion)).toEqual([
      "1.40.0",
      "1.40.0",
      "1.40.0",
      "1.38.2",
    ]);
  });

  it("without V8 is refused with the one to use instead", () => {
    expect(() => resolveVersion("1.38.3")).toThrow(
      expect.objectContaining({ code: "ENVOY_WITHOUT_V8", exitCode: 3, hint: "use 1.38.2" }),
    );
  });

  it.each(["1.2.3", "1", "latest", "", "constructor", "1.4"])(
    "that is not pinned (%j) is wrong usage",
    (version) => {
      expect(() => resolveVersion(version)).toThrow(
        expect.objectContaining({
          exitCode: 2,
          hint: expect.stringContaining("1.37.0, 1.38.2, 1.39.3, 1.40.0") as string,
        }),
      );
    },
  );
});

it("the fake Envoy of the other tests passes for an Envoy", async () => {
  expect(await locateEnvoy({ path: FAKE_ENVOY })).toMatchObject({ version: "1.40.0", source: "option" });
});
