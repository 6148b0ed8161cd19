import { HarnessError } from "../errors.js";
import { parseReference, referenceName } from "./reference.js";
import { buildImage, type Image, type ImageDescription } from "./image.js";
import { pullModule } from "./pull.js";
import { pushReferrer, sbomReferrer } from "./referrer.js";
import { type RegistryOptions, Repository } from "./registry.js";

export interface PushOptions extends RegistryOptions {
  readonly description: ImageDescription;
  /** A bill of materials in CycloneDX, to be attached. */
  readonly bill?: string;
}

/** What was pushed. */
export interface Pushed {
  /** `oci://registry/repository@sha256:…` */
  readonly url: string;
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  /** What `sha256` of a WasmPlugin or an EnvoyExtensionPolicy wants: the digest's 64 digits. */
  readonly sha256: string;
  readonly image: Image;
}

/**
 * Pushes a module as an image: layers first, the tag last, so that a tag never names something incomplete. Then the image is pulled
 * back and taken apart by the rules that Istio and Envoy Gateway have.
 */
export async function pushModule(module: Uint8Array, target: string, options: PushOptions): Promise<Pushed> {
  const reference = parseReference(target);
  if (reference.digest !== undefined) {
    throw new HarnessError(
      "REFERENCE_INVALID",
      `${target}: an image is pushed to a tag; its digest follows from it`,
    );
  }
  const image = await buildImage(module, options.description);
  const repository = new Repository(reference, options);
  const { digest } = image.manifest;
  for (const [at, layer] of image.layers.entries()) {
    await repository.pushBlob(layer, `layer ${at + 1} of ${image.layers.length}`);
  }
  await repository.pushBlob(image.config, "config");
  if (options.bill !== undefined) {
    // By its digest first: what refers to an image must find it.
    await repository.pushManifest(image.manifest, digest);
    await pushReferrer(repository, image.manifest, sbomReferrer(image.manifest, options.bill));
  }
  await repository.pushManifest(image.manifest, referenceName(reference));
  await verify(module, target, new Repository({ ...reference, digest }, options));
  return {
    url: `oci://${reference.registry}/${reference.repository}@${digest}`,
    digest,
    sha256: digest.slice("sha256:".length),
    image,
  };
}

async function verify(module: Uint8Array, target: string, repository: Repository): Promise<void> {
  const pulled = await pullModule(repository);
  if (!Buffer.from(pulled.module).equals(module)) {
    throw new HarnessError("IMAGE_INVALID", `${target}: what comes back is not the module that was pushed`);
  }
}
