import { gzipOf, MODULE_NAME, RUNTIME_CONFIG_NAME, tarOf } from "./archive.js";
import { type Blob, blobOf, type Descriptor, descriptorOf, digestOf, jsonBlob } from "./blob.js";
import {
  DOCKER_CONFIG,
  DOCKER_LAYER,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_LAYER,
  OCI_MANIFEST,
  WASM_CONFIG_LAYER,
  WASM_CONTENT_LAYER,
} from "./media-types.js";

/** The three forms that Istio and Envoy Gateway load. */
export const VARIANTS = ["compat", "docker", "artifact"] as const;

/**
 * `compat` is an OCI image with one layer, `docker` the same with Docker's media types, and `artifact` has the module itself as
 * one of two layers.
 */
export type Variant = (typeof VARIANTS)[number];

/** What an image says about its module. */
export interface ImageDescription {
  readonly variant: Variant;
  /** Seconds since 1970 for `created`: fixed, so that the same module always has the same digest. */
  readonly created: number;
  readonly abi: string;
  readonly rootIds: readonly string[];
  /** `org.opencontainers.image.…` and others, on the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** All that is pushed. */
export interface Image {
  readonly variant: Variant;
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

/** A module as an image; the same octets for the same arguments, on any machine. */
export async function buildImage(module: Uint8Array, description: ImageDescription): Promise<Image> {
  const runtimeConfig = Buffer.from(JSON.stringify(runtimeConfigOf(description)));
  if (description.variant === "artifact") return artifact(module, runtimeConfig, description);
  const isDocker = description.variant === "docker";
  const tar = await tarOf({ [MODULE_NAME]: module, [RUNTIME_CONFIG_NAME]: runtimeConfig });
  const layer = blobOf(isDocker ? DOCKER_LAYER : OCI_LAYER, gzipOf(tar));
  const created = new Date(description.created * 1000).toISOString().replace(".000Z", "Z");
  // The platform that fetchers ask an index for; a node's own is not looked at.
  const config = jsonBlob(isDocker ? DOCKER_CONFIG : OCI_CONFIG, {
    created,
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
    history: [{ created, created_by: "tremula push" }],
  });
  return {
    variant: description.variant,
    config,
    layers: [layer],
    manifest: manifestOf(config, [layer], description),
  };
}

function artifact(module: Uint8Array, runtimeConfig: Uint8Array, description: ImageDescription): Image {
  const config = jsonBlob(OCI_CONFIG, {});
  const layers = [blobOf(WASM_CONFIG_LAYER, runtimeConfig), blobOf(WASM_CONTENT_LAYER, module)];
  const titles = [RUNTIME_CONFIG_NAME, "filter.wasm"];
  const descriptors = layers.map((layer, at) =>
    descriptorOf(layer, { "org.opencontainers.image.title": titles[at] ?? "" }),
  );
  return {
    variant: "artifact",
    config,
    layers,
    manifest: manifestOf(config, layers, description, descriptors),
  };
}

function manifestOf(
  config: Blob,
  layers: readonly Blob[],
  { variant, annotations }: ImageDescription,
  descriptors: readonly Descriptor[] = layers.map((layer) => descriptorOf(layer)),
): Blob {
  const mediaType = variant === "docker" ? DOCKER_MANIFEST : OCI_MANIFEST;
  const marks = variant === "compat" ? { "module.wasm.image/variant": "compat" } : {};
  const all = Object.entries({ ...annotations, ...marks }).sort(([a], [b]) => (a < b ? -1 : 1));
  return jsonBlob(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: descriptorOf(config),
    layers: descriptors,
    // Docker's schema has none.
    ...(variant === "docker" ? {} : { annotations: Object.fromEntries(all) }),
  });
}

/** The image specification's table says `abiVersions`, its example `abi_version`: both. */
function runtimeConfigOf({ abi, rootIds }: ImageDescription): unknown {
  return { type: "envoy_proxy", abiVersions: [abi], abi_version: abi, config: { root_ids: rootIds } };
}
