import { gzipSync } from "fflate";
import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { extract, pack } from "tar-stream";

/** The module's name in an archive: the one that both fetchers look for. */
export const MODULE_NAME = "plugin.wasm";

/** What else an archive may say about the module. */
export const RUNTIME_CONFIG_NAME = "runtime-config.json";

/** No archive is unpacked beyond this: Istio's ISTIO_WASM_MAX_BINARY_SIZE_BYTES and Envoy Gateway's constant, 256 MiB. */
export const LARGEST_MODULE = 256 * 1024 * 1024;

/** Files as a tar archive that is the same wherever and whenever it is made. */
export async function tarOf(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const archive = pack();
  for (const [name, bytes] of Object.entries(files)) {
    archive.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(bytes));
  }
  archive.finalize();
  return buffer(archive);
}

/** Compressed by JavaScript: zlib's output depends on the processor, and with it the digest would. */
export function gzipOf(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 9, mtime: 0 });
}

/** The module in a compressed archive: the first entry with its name, in whatever folder; null when there is none. */
export async function moduleIn(layer: Uint8Array): Promise<Uint8Array | null> {
  const entries = extract();
  entries.end(gunzipSync(layer, { maxOutputLength: LARGEST_MODULE }));
  for await (const entry of entries) {
    // Read to its end before the loop is left, which gives the archive up.
    if (basename(entry.header.name) === MODULE_NAME) return await buffer(entry);
    entry.resume();
  }
  return null;
}
