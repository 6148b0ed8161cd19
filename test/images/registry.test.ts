import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VARIANTS } from "../../harness/images/image.js";
import { toolsMissing } from "../debian-tools.js";
import { RegistryServer } from "./registry-server.js";

const missing = await toolsMissing("docker-registry", "skopeo");
const ROOT = join(import.meta.dirname, "../..");
const CLI = join(ROOT, "dist/harness/cli.js");
const FILTER = join(ROOT, "build/add-header.wasm");
// user "ada", password "lovelace"; bcrypt, as `htpasswd -B` writes it.
const HTPASSWD = "ada:$2y$05$mnN2M.QesQMa1.v/KVFQwOTbos0lsYNz0CKQBfPP7jRUM2NGXEtTC";

interface Manifest {
  readonly layers: readonly { readonly digest: string }[];
  readonly annotations?: Readonly<Record<string, string>>;
}

describe.skipIf(missing !== null)(`a real registry${missing === null ? "" : ` (${missing})`}`, () => {
  let open: RegistryServer;
  let closed: RegistryServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tremula-push-"));
    writeFileSync(join(folder, "htpasswd"), HTPASSWD);
    execFileSync(process.execPath, [CLI, "build", "examples/add-header/index.ts"], { cwd: ROOT });
    open = await RegistryServer.start();
    closed = await RegistryServer.start({
      auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } },
    });
  });
  afterAll(async () => {
    await Promise.all([open.stop(), closed.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  function tremula(args: readonly string[], environment: Record<string, string> = {}): string {
    const env = { ...process.env, DOCKER_CONFIG: join(folder, "nothing"), ...environment };
    try {
      return execFileSync(process.execPath, [CLI, ...args], {
        cwd: ROOT,
        encoding: "utf8",
        stdio: "pipe",
        env,
      });
    } catch (error) {
      throw new Error((error as { stderr: string }).stderr, { cause: error });
    }
  }

  function skopeo(...args: string[]): string {
    const [command = "", ...rest] = args;
    return execFileSync("skopeo", [command, ...rest], { encoding: "utf8" });
  }

  it.each(VARIANTS)("takes %s, the same twice, and gives the module back", (variant) => {
    const image = `oci://${open.address}/filters/add-header:${variant}`;
    const args = [
      "push",
      FILTER,
      image,
      "--variant",
      variant,
      "--root-id",
      "add-header",
      "--revision",
      "abc",
    ];
    const first = tremula(args);
    expect(tremula(args)).toBe(first);
    const [, url = "", sha256 = ""] = /^url: {4}(.*)\nsha256: (.*)\n$/.exec(first) ?? [];
    const raw = skopeo("inspect", "--tls-verify=false", "--raw", image.replace("oci:", "docker:"));
    expect(url).toBe(`oci://${open.address}/filters/add-header@sha256:${sha256}`);
    expect(execFileSync("sha256sum", { input: raw, encoding: "utf8" }).slice(0, 64)).toBe(sha256);
    if (variant !== "docker") {
      expect((JSON.parse(raw) as Manifest).annotations).toMatchObject({
        "org.opencontainers.image.title": "add-header",
        "org.opencontainers.image.revision": "abc",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "module.wasm.abi": "v0-2-1",
        "module.wasm.root_ids": "add-header",
      });
    }
    const output = join(folder, `${variant}.wasm`);
    tremula(["pull", url, "-o", output]);
    expect(readFileSync(output)).toEqual(readFileSync(FILTER));
  });

  it("gives skopeo an image that it can copy and unpack", () => {
    const image = `docker://${open.address}/filters/add-header:compat`;
    skopeo("copy", "--src-tls-verify=false", image, `oci:${folder}/layout:compat`);
    const { layers } = JSON.parse(skopeo("inspect", "--raw", `oci:${folder}/layout:compat`)) as Manifest;
    const blob = join(folder, "layout/blobs/sha256", (layers[0]?.digest ?? "").replace("sha256:", ""));
    const module = execFileSync("tar", ["-xzOf", blob, "plugin.wasm"], { maxBuffer: 1 << 28 });
    expect(module).toEqual(readFileSync(FILTER));
  });

  it("has a bill of materials that refers to the image", async () => {
    const pushed = tremula(["push", FILTER, `oci://${open.address}/filters/bill:1`]);
    const digest = /sha256:[0-9a-f]{64}/.exec(pushed)?.[0] ?? "";
    const api = `http://${open.address}/v2/filters/bill`;
    // Debian's registry is older than the referrers API: the tag tells.
    const accept = "application/vnd.oci.image.index.v1+json";
    const index = await fetch(`${api}/manifests/${digest.replace(":", "-")}`, { headers: { accept } });
    const { manifests } = (await index.json()) as { manifests: { digest: string; artifactType: string }[] };
    expect(manifests).toHaveLength(1);
    expect(manifests[0]?.artifactType).toBe("application/vnd.cyclonedx+json");
    const manifest = await fetch(`${api}/manifests/${manifests[0]?.digest}`, {
      headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    });
    const { subject, layers } = (await manifest.json()) as {
      subject: { digest: string };
      layers: { digest: string }[];
    };
    expect(subject.digest).toBe(digest);
    const bill = (await (await fetch(`${api}/blobs/${layers[0]?.digest}`)).json()) as {
      bomFormat: string;
      metadata: { component: { hashes: { content: string }[] } };
      components: { name: string }[];
    };
    expect(bill.bomFormat).toBe("CycloneDX");
    expect(bill.metadata.component.hashes[0]?.content).toBe(
      execFileSync("sha256sum", [FILTER], { encoding: "utf8" }).slice(0, 64),
    );
    expect(bill.components.map(({ name }) => name)).toEqual(["assemblyscript", "tremula"]);
  });

  it("says what a registry says that wants a password, and takes docker's", () => {
    const image = `oci://${closed.address}/filters/secret:1`;
    expect(() => tremula(["push", FILTER, image])).toThrow(
      /pushing layer 1 of 1: 401 UNAUTHORIZED: authentication required/,
    );
    const config = join(folder, "docker");
    execFileSync("mkdir", ["-p", config]);
    const auth = (password: string): void => {
      const entry = { auth: Buffer.from(`ada:${password}`).toString("base64") };
      writeFileSync(join(config, "config.json"), JSON.stringify({ auths: { [closed.address]: entry } }));
    };
    auth("wrong");
    expect(() => tremula(["push", FILTER, image], { DOCKER_CONFIG: config })).toThrow(/401 UNAUTHORIZED/);
    auth("lovelace");
    tremula(["push", FILTER, image], { DOCKER_CONFIG: config });
    expect(() => tremula(["pull", image, "-o", join(folder, "no.wasm")])).toThrow(/401 UNAUTHORIZED/);
    tremula(["pull", image, "-o", join(folder, "secret.wasm")], { DOCKER_CONFIG: config });
    expect(readFileSync(join(folder, "secret.wasm"))).toEqual(readFileSync(FILTER));
  });

  it("is not given what Envoy would not load", () => {
    const file = join(folder, "empty.wasm");
    writeFileSync(file, Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]));
    expect(() => tremula(["push", file, `oci://${open.address}/filters/empty:1`])).toThrow(
      /would not load in Envoy/,
    );
  });

  it("has no image where there is none", () => {
    expect(() => tremula(["pull", `oci://${open.address}/filters/nothing:1`])).toThrow(
      /the registry has no such image/,
    );
  });
});
