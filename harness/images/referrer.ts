import { z } from "zod";
import { type Blob, blobOf, type Descriptor, descriptorOf, jsonBlob } from "./blob.js";
import { CYCLONEDX, OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from "./media-types.js";
import { refusal } from "./refusal.js";
import type { Repository } from "./registry.js";

/** Something that is attached to an image. */
export interface Referrer {
  readonly manifest: Blob;
  readonly blobs: readonly Blob[];
}

const FILE_NAME = "sbom.cdx.json";

/** A bill of materials that refers to an image (image specification 1.1, "Guidelines for Artifact Usage"). */
export function sbomReferrer(image: Blob, bill: string): Referrer {
  const empty = blobOf(OCI_EMPTY, Buffer.from("{}"));
  const content = blobOf(CYCLONEDX, Buffer.from(bill));
  const manifest = jsonBlob(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: CYCLONEDX,
    config: descriptorOf(empty),
    layers: [descriptorOf(content, { "org.opencontainers.image.title": FILE_NAME })],
    subject: descriptorOf(image),
  });
  return { manifest, blobs: [empty, content] };
}

const Index = z.object({
  manifests: z.array(z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.int() })),
});

/**
 * Attaches a referrer to its image. A registry without the referrers API is told by a tag in the image's name
 * (distribution specification 1.1, "Referrers Tag Schema"): an index that lists what refers to the image.
 */
export async function pushReferrer(repository: Repository, image: Blob, referrer: Referrer): Promise<void> {
  for (const blob of referrer.blobs) await repository.pushBlob(blob, "bill of materials");
  const response = await repository.pushManifest(referrer.manifest, referrer.manifest.digest);
  if (response.headers.get("oci-subject") === image.digest) return;
  const tag = image.digest.replace(":", "-");
  const existing = await repository.findManifest(tag);
  const before = existing === null ? [] : listedIn(existing, tag);
  if (before.some(({ digest }) => digest === referrer.manifest.digest)) return;
  const added = { ...descriptorOf(referrer.manifest), artifactType: CYCLONEDX };
  const index = jsonBlob(OCI_INDEX, {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [...before, added],
  });
  await repository.pushManifest(index, tag);
}

function listedIn({ bytes }: Blob, tag: string): Descriptor[] {
  try {
    return Index.parse(JSON.parse(Buffer.from(bytes).toString())).manifests;
  } catch (cause) {
    throw refusal("attaching the bill of materials", `what is at ${tag} already is no index`, cause);
  }
}
