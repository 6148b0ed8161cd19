import { access, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import { withLock } from "./lock.js";
import { writeWhole } from "../whole-file.js";

/** Where each filter's image is, by the filter's name: what `tremula push --images` writes and `tremula generate` reads. */
export const ImageList = z.record(
  z.string(),
  z.strictObject({
    url: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "is not 64 hexadecimal digits"),
  }),
);

export type ImageList = z.infer<typeof ImageList>;

/** Reads such a file. */
export async function readImageList(file: string): Promise<ImageList> {
  try {
    return ImageList.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new HarnessError("IMAGES_UNREADABLE", `${file}${whyNoList(cause as Error)}`, {
      exitCode: ExitCode.usage,
      hint: "`tremula push FILE.wasm oci://… --images FILE` writes one.",
      cause,
    });
  }
}

function whyNoList(cause: Error): string {
  if ("syscall" in cause) return `: ${fileTrouble(cause)}`;
  const [issue] = cause instanceof z.ZodError ? cause.issues : [];
  const why = issue === undefined ? cause.message : `${issue.path.join(".")}: ${issue.message}`;
  return ` is not a list of images: ${why}`;
}

/** Enters a module's image, whole or not at all, and beside what other processes enter meanwhile. */
export async function enterImage(file: string, module: string, url: string, sha256: string): Promise<void> {
  await withLock(file, async () => {
    const images = { ...(await existing(file)), [basename(module, ".wasm")]: { url, sha256 } };
    const ordered = Object.fromEntries(Object.entries(images).sort(([a], [b]) => (a < b ? -1 : 1)));
    await writeWhole(file, `${JSON.stringify(ordered, undefined, 2)}\n`);
  });
}

/** Nothing only where there is no file: one that cannot be read is not to be lost. */
async function existing(file: string): Promise<ImageList> {
  const isThere = await access(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );
  return isThere ? readImageList(file) : {};
}
