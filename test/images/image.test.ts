import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { gzipOf, tarOf } from "../../harness/images/archive.js";
import { blobOf, type Blob, descriptorOf } from "../../harness/images/blob.js";
import { buildImage, type ImageDescription, VARIANTS } from "../../harness/images/image.js";
import {
  DOCKER_LAYER,
  DOCKER_MANIFEST,
  OCI_LAYER,
  OCI_MANIFEST,
  WASM_CONFIG_LAYER,
  WASM_CONTENT_LAYER,
} from "../../harness/images/media-types.js";
import { parseReference } from "../../harness/images/reference.js";
import { extractModule } from "../../harness/images/rules.js";
import { billOfMaterials } from "../../harness/images/sbom.js";

// The smallest module, with a custom section so that there is something to compress.
const MODULE = Buffer.concat([
  Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 0, 102, 4, 110, 111, 116, 101]),
  Buffer.alloc(97, "x"),
]);

const DESCRIPTION: ImageDescription = {
  variant: "compat",
  created: 0,
  abi: "v0-2-1",
  rootIds: ["one"],
  annotations: { "org.opencontainers.image.title": "thing", "org.opencontainers.image.version": "1.2.3" },
};

/** Takes a module out of layers that are not in any registry. */
function extract(mediaType: string, ...layers: Blob[]): Promise<Uint8Array> {
  return extractModule({ mediaType, layers: layers.map((layer) => descriptorOf(layer)) }, ({ digest }) => {
    const found = layers.find((layer) => layer.digest === digest);
    return found === undefined ? Promise.reject(new Error("no such layer")) : Promise.resolve(found.bytes);
  });
}

async function layer(mediaType: string, files: Record<string, Uint8Array>): Promise<Blob> {
  return blobOf(mediaType, gzipOf(await tarOf(files)));
}

describe("an image", () => {
  it.each([
    ["compat", "sha256:473d2f342e9a2d7c2cbec47ea6035f093c8b185070cf7cc31ff0bb3581adedda"],
    ["docker", "sha256:5adb0d634f331ff4211620997a39a60d710dd6f7c142fce2c524532edae2a148"],
    ["artifact", "sha256:95d41473c81d78034bd9951a102ea0e4b8c8af29a97624bc4c08e1682337038b"],
  ] as const)("has the same digest whenever and wherever it is built (%s)", async (variant, digest) => {
    const { manifest } = await buildImage(MODULE, { ...DESCRIPTION, variant });
    expect(manifest.digest).toBe(digest);
  });

  it("has another digest for another module", async () => {
    const [one, other] = await Promise.all([
      buildImage(MODULE, DESCRIPTION),
      buildImage(MODULE.subarray(0, 8), DESCRIPTION),
    ]);
    expect(one.manifest.digest).not.toBe(other.manifest.digest);
  });

  it.each(VARIANTS)("is loaded by the fetchers' rules (%s)", async (variant) => {
    const { manifest, layers } = await buildImage(MODULE, { ...DESCRIPTION, variant });
    expect(Buffer.from(await extract(manifest.mediaType, ...layers))).toEqual(MODULE);
  });

  it("holds an archive that tar reads, with nothing of this machine in it", async () => {
    const { layers } = await buildImage(MODULE, DESCRIPTION);
    const folder = mkdtempSync(join(tmpdir(), "tremula-image-"));
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const file = join(folder, "layer.tar");
    writeFileSync(file, gunzipSync(layers[0]?.bytes ?? Buffer.alloc(0)));
    const list = execFileSync("tar", ["--numeric-owner", "--utc", "-tvf", file], { encoding: "utf8" });
    expect(list.replace(/ +/g, " ").trim().split("\n")).toEqual([
      `-rw-r--r-- 0/0 ${MODULE.length} 1970-01-01 00:00 plugin.wasm`,
      "-rw-r--r-- 0/0 100 1970-01-01 00:00 runtime-config.json",
    ]);
    execFileSync("tar", ["-xf", file, "-C", folder]);
    expect(readFileSync(join(folder, "plugin.wasm"))).toEqual(MODULE);
    expect(JSON.parse(readFileSync(join(folder, "runtime-config.json"), "utf8"))).toEqual({
      type: "envoy_proxy",
      abiVersions: ["v0-2-1"],
      abi_version: "v0-2-1",
      config: { root_ids: ["one"] },
    });
  });
});

// What pkg/wasm/imagefetcher.go tests, and the errors that it has for users to search for.
describe("the fetchers' rules", () => {
  it("take the last layer of a Docker image", async () => {
    const other = await layer(DOCKER_LAYER, { "other.txt": Buffer.from("hi") });
    const own = await layer(DOCKER_LAYER, { "folder/plugin.wasm": MODULE });
    expect(Buffer.from(await extract(DOCKER_MANIFEST, other, own))).toEqual(MODULE);
    await expect(extract(DOCKER_MANIFEST, own, other)).rejects.toThrow(
      "plugin.wasm not found in the archive",
    );
  });

  it("take no OCI layer in a Docker image, and do not go on to the other forms", async () => {
    const own = await layer(OCI_LAYER, { "plugin.wasm": MODULE });
    await expect(extract(DOCKER_MANIFEST, own)).rejects.toThrow(
      `could not extract Wasm file from the image as Docker container invalid media type ${OCI_LAYER} (expect ${DOCKER_LAYER})`,
    );
  });

  it("take ./plugin.wasm", async () => {
    const own = await layer(OCI_LAYER, { "./plugin.wasm": MODULE });
    expect(Buffer.from(await extract(OCI_MANIFEST, own))).toEqual(MODULE);
  });

  it("want exactly two layers of an artifact", async () => {
    const content = blobOf(WASM_CONTENT_LAYER, MODULE);
    const config = blobOf(WASM_CONFIG_LAYER, Buffer.from("{}"));
    expect(Buffer.from(await extract(OCI_MANIFEST, content, config))).toEqual(MODULE);
    for (const layers of [[content], [content, config, config]]) {
      await expect(extract(OCI_MANIFEST, ...layers)).rejects.toThrow(
        `number of layers must be 2 but got ${layers.length}`,
      );
    }
  });

  it("say why an image is none in either form", async () => {
    await expect(extract(OCI_MANIFEST)).rejects.toThrow(
      "the given image is in invalid format as an OCI image: could not parse as compat variant: number of layers must be " +
        "greater than zero; could not parse as oci variant: number of layers must be 2 but got 0",
    );
  });

  it("do not unpack without bound", async () => {
    const bomb = blobOf(OCI_LAYER, gzipSync(new Uint8Array(257 * 1024 * 1024), { level: 1 }));
    await expect(extract(OCI_MANIFEST, bomb)).rejects.toThrow(/larger than/);
  });
});

it("of a package that says nothing of its licence has a bill of materials, which says nothing of it either", async () => {
  const component = { name: "thing", version: "1.2.3", license: "", bytes: MODULE, sources: [] };
  const bill = await billOfMaterials(component);
  expect(JSON.parse(bill)).toMatchObject({ metadata: { component: { name: "thing", version: "1.2.3" } } });
  expect(bill).toBe(await billOfMaterials({ ...component, license: undefined }));
});

describe("a reference", () => {
  it.each([
    ["oci://127.0.0.1:5000/a/b:1.0", ["127.0.0.1:5000", "a/b", "1.0", undefined]],
    ["registry.example.com/filter", ["registry.example.com", "filter", undefined, undefined]],
    ["oci://[::1]:5000/a__b.c--d:x_1", ["[::1]:5000", "a__b.c--d", "x_1", undefined]],
    [`r.io/a:t@sha256:${"0".repeat(64)}`, ["r.io", "a", "t", `sha256:${"0".repeat(64)}`]],
  ])("%s", (text, [registry, repository, tag, digest]) => {
    expect(parseReference(text)).toEqual({ registry, repository, tag, digest });
  });

  it.each([
    "filter:1.0",
    "oci://r.io/Upper:1",
    "r.io/a:b c",
    "r.io/a@sha256:12",
    "r io/a",
    "r.io/",
    "r.io/a@b@c",
    "http://r.io/a",
  ])("is not %s", (text) => {
    expect(() => parseReference(text)).toThrow(`${text} is not an image`);
  });
});
