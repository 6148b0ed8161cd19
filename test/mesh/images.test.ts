import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImage, VARIANTS } from "../../harness/images/image.js";
import { toolsMissing } from "../debian-tools.js";
import { RegistryServer } from "../images/registry-server.js";
import { execute, tremula } from "./execute.js";
import { meshTool, meshToolsMissing } from "./tools.js";

const missing = meshToolsMissing("istio-fetch") ?? (await toolsMissing("docker-registry", "skopeo"));
const MODULE = "build/add-header.wasm";

describe.skipIf(missing !== null)(`Istio's own fetcher${missing === null ? "" : ` (${missing})`}`, () => {
  let registry: RegistryServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tremula-fetch-"));
    registry = await RegistryServer.start();
    await tremula("build", "examples/add-header/index.ts");
  });
  afterAll(async () => {
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the fetcher computes of an image and takes out of it. */
  async function fetchImage(image: string) {
    const file = join(folder, "fetched.wasm");
    rmSync(file, { force: true });
    const { code, stdout, stderr } = await execute(meshTool("istio-fetch")!, [image, file]);
    // It logs on standard output, too.
    const sha256 = stdout.trim().split("\n").at(-1);
    return { code, sha256, stderr, module: code === 0 ? readFileSync(file) : null };
  }

  async function push(name: string, variant: string) {
    const target = `oci://${registry.address}/filters/${name}:${variant}`;
    const { stdout } = await tremula("push", MODULE, target, "--variant", variant);
    const [, url = "", sha256 = ""] = /^url: {4}(.*)\nsha256: (.*)\n$/.exec(stdout) ?? [];
    return { target, url, sha256 };
  }

  it.each(VARIANTS)(
    "loads %s by tag and by digest, whose digest is the one that was printed",
    async (variant) => {
      const { target, url, sha256 } = await push("fetched", variant);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      for (const image of [target, url]) {
        const fetched = await fetchImage(image.replace("oci://", ""));
        expect(fetched.stderr).toBe("");
        expect(fetched.sha256).toBe(sha256);
        expect(fetched.module?.equals(readFileSync(MODULE))).toBe(true);
      }
    },
  );

  it("refuses what our rules refuse, in the same words", async () => {
    // Three layers: more than an artifact may have, and the last one is no archive.
    const wasm = new Uint8Array(readFileSync(MODULE));
    const { manifest, config, layers } = await buildImage(wasm, {
      variant: "artifact",
      created: 0,
      abi: "v0-2-1",
      rootIds: [],
      annotations: {},
    });
    const text = JSON.parse(Buffer.from(manifest.bytes).toString()) as { layers: object[] };
    text.layers.push(text.layers[0]!);
    await push("broken", "artifact");
    for (const blob of [config, ...layers]) await upload(blob.digest, blob.bytes);
    const answer = await fetch(`http://${registry.address}/v2/filters/broken/manifests/three`, {
      method: "PUT",
      headers: { "content-type": manifest.mediaType },
      body: JSON.stringify(text),
    });
    expect(answer.status).toBe(201);
    const image = `${registry.address}/filters/broken:three`;
    const theirs = await fetchImage(image);
    const ours = await execute(process.execPath, [
      "dist/harness/cli.js",
      "pull",
      `oci://${image}`,
      "-o",
      join(folder, "x"),
    ]);
    const words = "number of layers must be 2 but got 3";
    expect(theirs.code).toBe(1);
    expect(theirs.stderr).toContain(words);
    expect(ours.code).not.toBe(0);
    expect(ours.stderr).toContain(words);
  });

  async function upload(digest: string, bytes: Uint8Array): Promise<void> {
    const base = `http://${registry.address}/v2/filters/broken/blobs/uploads/`;
    const { headers } = await fetch(base, { method: "POST" });
    const location = new URL(headers.get("location")!, base);
    location.searchParams.set("digest", digest);
    await fetch(location, { method: "PUT", body: Buffer.from(bytes) });
  }
});
