import { HarnessError } from "../errors.js";
import { moduleIn } from "./archive.js";
import type { Descriptor } from "./blob.js";
import { DOCKER_LAYER, DOCKER_MANIFEST, OCI_LAYER, WASM_CONTENT_LAYER } from "./media-types.js";

/** A manifest as a fetcher sees it. */
export interface FetchedManifest {
  readonly mediaType: string;
  readonly layers: readonly Descriptor[];
}

/** Fetches a layer's octets. */
export type FetchLayer = (layer: Descriptor) => Promise<Uint8Array>;

/**
 * Finds the module in an image by the rules, and with the errors, of Istio and Envoy Gateway (pkg/wasm/imagefetcher.go, and
 * internal/wasm/imagefetcher.go): a Docker image, an OCI image, an OCI artifact, in this order.
 *
 * @throws Error with the fetchers' own words when none of them would load it
 */
export async function extractModule(manifest: FetchedManifest, fetch: FetchLayer): Promise<Uint8Array> {
  if (manifest.mediaType === DOCKER_MANIFEST) {
    return fromArchive(manifest, DOCKER_LAYER, fetch).catch((error: unknown) => {
      if (error instanceof HarnessError) throw error;
      throw new Error(`could not extract Wasm file from the image as Docker container ${words(error)}`);
    });
  }
  const errors: unknown[] = [];
  for (const rule of [() => fromArchive(manifest, OCI_LAYER, fetch), () => fromArtifact(manifest, fetch)]) {
    try {
      return await rule();
    } catch (error) {
      // What did not arrive is of no form at all.
      if (error instanceof HarnessError) throw error;
      errors.push(error);
    }
  }
  const [asImage, asArtifact] = errors.map(words);
  throw new Error(
    `the given image is in invalid format as an OCI image: could not parse as compat variant: ${asImage}; ` +
      `could not parse as oci variant: ${asArtifact}`,
  );
}

async function fromArchive(
  { layers }: FetchedManifest,
  expected: string,
  fetch: FetchLayer,
): Promise<Uint8Array> {
  const last = layers.at(-1);
  if (last === undefined) throw new Error("number of layers must be greater than zero");
  if (last.mediaType !== expected)
    throw new Error(`invalid media type ${last.mediaType} (expect ${expected})`);
  const module = await moduleIn(await fetch(last));
  if (module === null) throw new Error("plugin.wasm not found in the archive");
  return module;
}

async function fromArtifact({ layers }: FetchedManifest, fetch: FetchLayer): Promise<Uint8Array> {
  if (layers.length !== 2) throw new Error(`number of layers must be 2 but got ${layers.length}`);
  const content = layers.find(({ mediaType }) => mediaType === WASM_CONTENT_LAYER);
  if (content === undefined) {
    throw new Error(`could not find the layer of type ${WASM_CONTENT_LAYER}`);
  }
  return fetch(content);
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
