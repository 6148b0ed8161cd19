import { createHash } from "node:crypto";

/** Content that a registry keeps under its digest (OCI image specification, descriptor.md). */
export interface Blob {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** How a manifest refers to a blob. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The only algorithm that everybody who loads modules knows. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The digest of octets, as registries spell it. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Octets under their digest. */
export function blobOf(mediaType: string, bytes: Uint8Array): Blob {
  return { mediaType, bytes, digest: digestOf(bytes) };
}

/** A JSON document as a blob: members in the order in which they are written, no blanks, so that the digest is always the same. */
export function jsonBlob(mediaType: string, value: unknown): Blob {
  return blobOf(mediaType, Buffer.from(JSON.stringify(value)));
}

/** The descriptor of a blob. */
export function descriptorOf(blob: Blob, annotations?: Readonly<Record<string, string>>): Descriptor {
  return {
    mediaType: blob.mediaType,
    digest: blob.digest,
    size: blob.bytes.byteLength,
    ...(annotations === undefined ? {} : { annotations }),
  };
}
