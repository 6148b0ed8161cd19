import { HarnessError } from "../errors.js";
import { answerChallenge } from "./authorization.js";
import { type Blob, blobOf, type Descriptor, digestOf } from "./blob.js";
import { readBody } from "./body.js";
import { type Credentials, dockerCredentials } from "./credentials.js";
import { lead } from "./lead.js";
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from "./media-types.js";
import type { Reference } from "./reference.js";
import { registryError } from "./registry-error.js";
import { PATIENCE_MS, send } from "./send.js";
import { upload } from "./upload.js";

/** What registries take of a manifest (distribution specification, "Pushing Manifests"): 4 MiB. */
const LARGEST_MANIFEST = 4 * 1024 * 1024;

export interface RegistryOptions {
  /** Without TLS. Loopback is always talked to so, as other clients do. */
  readonly plainHttp?: boolean;
  /** Instead of what `docker login` left. */
  readonly credentials?: Credentials;
  /** Milliseconds in which each request has to be answered. */
  readonly patienceMs?: number;
  readonly onProgress?: (text: string) => void;
}

/** One repository of a registry, by the OCI distribution specification 1.1. */
export class Repository {
  readonly #base: string;
  readonly #scope: string;
  readonly #patienceMs: number;
  #authorization: string | null = null;
  #credentials: Credentials | null | undefined;

  constructor(
    readonly reference: Reference,
    private readonly options: RegistryOptions = {},
  ) {
    const { registry, repository } = reference;
    const scheme = (options.plainHttp ?? isLoopback(registry)) ? "http" : "https";
    // Docker Hub's API is not where its images' names say.
    const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
    this.#base = `${scheme}://${host}/v2/${repository}`;
    this.#scope = `repository:${repository}:pull,push`;
    this.#credentials = options.credentials;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
  }

  /** Puts a blob there, unless it is there. */
  async pushBlob(blob: Blob, name: string): Promise<void> {
    const doing = `pushing ${name}`;
    const head = await this.request(`/blobs/${blob.digest}`, { method: "HEAD" }, doing);
    if (head.ok) {
      this.options.onProgress?.(`${name} is there already`);
      return;
    }
    await upload({
      blob,
      name,
      start: `${this.#base}/blobs/uploads/`,
      send: (url, init) => this.request(url, init, doing),
      ...(this.options.onProgress === undefined ? {} : { onProgress: this.options.onProgress }),
    });
  }

  /** Puts a manifest under a tag or its digest. */
  async pushManifest(manifest: Blob, name: string): Promise<Response> {
    const doing = `pushing the manifest ${name}`;
    const response = await this.request(
      `/manifests/${name}`,
      { method: "PUT", headers: { "content-type": manifest.mediaType }, body: Buffer.from(manifest.bytes) },
      doing,
    );
    if (!response.ok) throw await registryError(response, doing);
    return response;
  }

  /** A manifest, or null when there is none by this name. */
  async findManifest(name: string): Promise<Blob | null> {
    const doing = `asking for the manifest ${name}`;
    const accept = [OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_INDEX].join(", ");
    const response = await this.request(`/manifests/${name}`, { headers: { accept } }, doing);
    if (response.status === 404) return null;
    if (!response.ok) throw await registryError(response, doing);
    const mediaType = (response.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
    const manifest = blobOf(mediaType, await this.#read(response, LARGEST_MANIFEST, doing));
    if (name.startsWith("sha256:") && manifest.digest !== name)
      throw mismatch("manifest", name, manifest.digest);
    return manifest;
  }

  /** A blob's octets, which are what its digest says. */
  async pullBlob({ digest, size }: Descriptor): Promise<Uint8Array> {
    const doing = `pulling ${digest}`;
    const response = await this.request(`/blobs/${digest}`, {}, doing);
    if (!response.ok) throw await registryError(response, doing);
    const bytes = await this.#read(response, size, doing);
    const actual = digestOf(bytes);
    if (actual !== digest || bytes.byteLength !== size) throw mismatch("blob", digest, actual);
    return bytes;
  }

  /** Sends a request, once more with a token if the registry wants one. */
  async request(path: string, init: RequestInit, doing: string): Promise<Response> {
    const registry = new URL(this.#base);
    const url = path.startsWith("/") ? new URL(`${this.#base}${path}`) : await lead(registry, path, doing);
    const response = await this.#send(url, init, doing);
    // Whom the registry sends to has no business with what the registry is told.
    if (response.status !== 401 || new URL(response.url).origin !== registry.origin) return response;
    const challenge = response.headers.get("www-authenticate");
    if (challenge === null) return response;
    // Also when there are none: a helper may take its time to say so.
    if (this.#credentials === undefined) this.#credentials = await dockerCredentials(this.reference.registry);
    const authorization = await answerChallenge(challenge, this.#credentials, {
      registry,
      scope: this.#scope,
      patienceMs: this.#patienceMs,
    });
    if (authorization === null || authorization === this.#authorization) return response;
    await response.body?.cancel();
    this.#authorization = authorization;
    return this.#send(url, init, doing);
  }

  #send(start: URL, init: RequestInit, doing: string): Promise<Response> {
    const { origin } = new URL(this.#base);
    // What is sent elsewhere, to the storage that a registry redirects to, is not for it to know.
    const authorize = (url: URL) => (url.origin === origin ? this.#authorization : null);
    return send(start, init, { doing, patienceMs: this.#patienceMs, authorize });
  }

  #read(response: Response, limit: number, doing: string): Promise<Uint8Array> {
    return readBody(response, { limit, doing, patienceMs: this.#patienceMs });
  }
}

/** Whether a registry's host is this machine. */
export function isLoopback(registry: string): boolean {
  const host = registry.replace(/:\d+$/, "");
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function mismatch(what: string, expected: string, actual: string): HarnessError {
  return new HarnessError(
    "DIGEST_MISMATCH",
    `the registry gave another ${what}: ${expected} was asked for, ${actual} came`,
  );
}
