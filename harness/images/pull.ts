import { HarnessError } from "../errors.js";
import { z } from "zod";
import { LARGEST_MODULE } from "./archive.js";
import { type Blob, DIGEST } from "./blob.js";
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from "./media-types.js";
import { type Reference, referenceName } from "./reference.js";
import { harmless } from "./refusal.js";
import type { Repository } from "./registry.js";
import { extractModule } from "./rules.js";

const Described = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(DIGEST, "is no sha256 digest"),
  size: z.int().nonnegative(),
});

const Manifest = z.object({
  mediaType: z.string().optional(),
  manifests: z.undefined().optional(),
  layers: z.array(Described),
  annotations: z.record(z.string(), z.string()).optional(),
});

const Index = z.object({
  mediaType: z.string().optional(),
  layers: z.undefined().optional(),
  manifests: z.array(
    Described.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});

/** A module that came out of a registry. */
export interface Pulled {
  readonly module: Uint8Array;
  readonly manifest: Blob;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Fetches an image and takes its module out, as Istio and Envoy Gateway do. */
export async function pullModule(repository: Repository): Promise<Pulled> {
  const { reference } = repository;
  const name = spell(reference);
  const found = await repository.findManifest(referenceName(reference));
  if (found === null) throw new HarnessError("IMAGE_UNKNOWN", `${name}: the registry has no such image`);
  const manifest = await platformManifest(repository, found, name);
  if (manifest.mediaType !== OCI_MANIFEST && manifest.mediaType !== DOCKER_MANIFEST) {
    throw new HarnessError(
      "IMAGE_INVALID",
      `${name}: ${harmless(manifest.mediaType)} is not an image's manifest`,
    );
  }
  const { layers, annotations = {} } = read(Manifest, manifest, name);
  try {
    const module = await extractModule({ mediaType: manifest.mediaType, layers }, async (layer) => {
      if (layer.size > LARGEST_MODULE)
        throw new Error(`a layer of ${layer.size} octets is larger than 256 MiB`);
      return repository.pullBlob(layer);
    });
    if (!isWasm(module)) throw new Error("what it holds is not a WebAssembly module");
    return { module, manifest, annotations };
  } catch (cause) {
    if (cause instanceof HarnessError) throw cause;
    throw new HarnessError("IMAGE_INVALID", `${name}: ${harmless((cause as Error).message)}`, { cause });
  }
}

/** What fetchers take from an index: its child for linux/amd64. */
async function platformManifest(repository: Repository, found: Blob, name: string): Promise<Blob> {
  if (found.mediaType !== OCI_INDEX && found.mediaType !== DOCKER_INDEX) return found;
  const child = read(Index, found, name).manifests.find(
    ({ platform }) => platform?.os === "linux" && platform.architecture === "amd64",
  );
  const manifest = child === undefined ? null : await repository.findManifest(child.digest);
  if (manifest === null)
    throw new HarnessError("IMAGE_INVALID", `${name}: the index has no image for linux/amd64`);
  return manifest;
}

/** A document is what both it and the registry say it is: read in two ways, one digest would stand for two images. */
function read<T extends { mediaType?: string | undefined }>(
  schema: z.ZodType<T>,
  { bytes, mediaType }: Blob,
  name: string,
): T {
  try {
    const document = schema.parse(JSON.parse(Buffer.from(bytes).toString()));
    const { mediaType: own = mediaType } = document;
    if (own === mediaType) return document;
    throw new Error(`it says that it is ${own}, and the registry ${mediaType}`);
  } catch (cause) {
    throw new HarnessError(
      "IMAGE_INVALID",
      `${name}: the manifest is not one: ${harmless((cause as Error).message)}`,
      {
        cause,
      },
    );
  }
}

function isWasm(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 8)).equals(Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
}

function spell({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}
