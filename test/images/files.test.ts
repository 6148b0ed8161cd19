import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { homeFolder } from "../../harness/home.js";
import { dockerCredentials } from "../../harness/images/credentials.js";
import { enterImage, readImageList } from "../../harness/images/image-list.js";
import { writeWhole } from "../../harness/whole-file.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tremula-files-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SHA256 = "0".repeat(64);
const enter = (file: string, name: string): Promise<void> =>
  enterImage(file, `${name}.wasm`, `oci://r/${name}`, SHA256);

describe("a list of images", () => {
  it("has all that several enter at once, and nothing is left beside it", async () => {
    const own = join(folder, "several");
    mkdirSync(own);
    const file = join(own, "images.json");
    const names = Array.from({ length: 12 }, (_, index) => `filter-${index}`);
    await Promise.all(names.map((name) => enter(file, name)));
    expect(Object.keys(await readImageList(file))).toEqual([...names].sort());
    expect(readdirSync(own)).toEqual(["images.json"]);
  });

  it("is not held up by a process that died over it", async () => {
    const file = join(folder, "died.json");
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    writeFileSync(`${file}.lock`, String(dead.pid));
    await enter(file, "a");
    expect(await readImageList(file)).toHaveProperty("a");
  });

  it("has all that several enter over the lock of a process that died", async () => {
    const own = join(folder, "several-died");
    mkdirSync(own);
    const file = join(own, "images.json");
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    const names = Array.from({ length: 12 }, (_, index) => `filter-${index}`);
    for (let round = 0; round < 5; round++) {
      rmSync(file, { force: true });
      writeFileSync(`${file}.lock`, String(dead.pid));
      await Promise.all(names.map((name) => enter(file, name)));
      expect(Object.keys(await readImageList(file))).toEqual([...names].sort());
      expect(readdirSync(own)).toEqual(["images.json"]);
    }
  });

  it("is kept when it is not what it should be", async () => {
    const file = join(folder, "other.json");
    for (const text of ["", "[]", '{"a":1}', '{"a":{"url":"u","sha256":"' + "x".repeat(64) + '"}}']) {
      writeFileSync(file, text);
      await expect(enter(file, "b"), text).rejects.toMatchObject({ code: "IMAGES_UNREADABLE", exitCode: 2 });
      expect(readFileSync(file, "utf8")).toBe(text);
    }
  });

  it("is no folder", async () => {
    await expect(enter(folder, "a")).rejects.toMatchObject({ code: "IMAGES_UNREADABLE" });
  });
});

describe("a file", () => {
  it("stays as it was when the new one cannot be written", async () => {
    const own = join(folder, "whole");
    mkdirSync(join(own, "taken"), { recursive: true });
    await expect(writeWhole(join(own, "taken"), "x")).rejects.toMatchObject({
      code: "NOT_WRITTEN",
      exitCode: 3,
    });
    await expect(writeWhole(join(own, "nowhere/x"), "x")).rejects.toMatchObject({ code: "NOT_WRITTEN" });
    expect(readdirSync(own)).toEqual(["taken"]);
  });

  it("keeps its mode", async () => {
    const file = join(folder, "mode");
    writeFileSync(file, "old");
    chmodSync(file, 0o600);
    await writeWhole(file, "new");
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  // /dev/stdout is one, and would be no more for anybody.
  it("behind a link leaves the link", async () => {
    const own = join(folder, "linked");
    mkdirSync(own);
    writeFileSync(join(own, "file"), "old");
    symlinkSync("file", join(own, "link"));
    await writeWhole(join(own, "link"), "new");
    expect(lstatSync(join(own, "link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(own, "file"), "utf8")).toBe("new");
    expect(readdirSync(own)).toEqual(["file", "link"]);
  });

  // A disk that is full, which Linux has one of.
  it("that has no room is an error", async () => {
    await expect(writeWhole("/dev/full", "x")).rejects.toThrow(/\/dev\/full cannot be written: ENOSPC/);
  });
});

describe("what is wrong with Docker's configuration is said without its secrets", () => {
  it.each([
    '{"auths":{"r":{"auth":"aHVudGVyMg=="',
    '{"auths":{"r":{"auth":["aHVudGVyMg=="]}}}',
    "aHVudGVyMg==",
  ])("%s", async (text) => {
    const before = process.env.DOCKER_CONFIG;
    process.env.DOCKER_CONFIG = folder;
    try {
      writeFileSync(join(folder, "config.json"), text);
      const error = (await dockerCredentials("r").catch((thrown: unknown) => thrown)) as Error & {
        code: string;
      };
      expect(error.code).toBe("CREDENTIALS_UNREADABLE");
      expect(`${error.message}${String(error.cause)}`).not.toMatch(/aHVud|VyMg/);
    } finally {
      if (before === undefined) delete process.env.DOCKER_CONFIG;
      else process.env.DOCKER_CONFIG = before;
    }
  });
});

it("without a home folder, Docker's configuration is not the working folder's", async () => {
  const before = { ...process.env };
  Object.assign(process.env, { HOME: "", DOCKER_CONFIG: "" });
  try {
    expect(isAbsolute(homeFolder())).toBe(true);
    expect(await dockerCredentials("nobody.example")).toBeNull();
  } finally {
    for (const name of ["HOME", "DOCKER_CONFIG"]) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});
