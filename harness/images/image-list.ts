import { readFile, rename, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";

/** Where each filter's image is, by the filter's name: what `tremula push --images` writes and `tremula generate` reads. */
export const ImageList = z.record(
  z.string(),
  z.strictObject({ url: z.string(), sha256: z.string().length(64) }),
);

export type ImageList = z.infer<typeof ImageList>;

/** Reads such a file. */
export async function readImageList(file: string): Promise<ImageList> {
  try {
    return ImageList.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new HarnessError(
      "IMAGES_UNREADABLE",
      `${file} is not a list of images: ${(cause as Error).message}`,
      {
        exitCode: ExitCode.usage,
        hint: "`tremula push FILE.wasm oci://… --images FILE` writes one.",
        cause,
      },
    );
  }
}

/** Enters a module's image, whole or not at all. */
export async function enterImage(file: string, module: string, url: string, sha256: string): Promise<void> {
  const isNew = await readFile(file).then(
    () => false,
    () => true,
  );
  const images = {
    ...(isNew ? {} : await readImageList(file)),
    [basename(module, ".wasm")]: { url, sha256 },
  };
  const ordered = Object.fromEntries(Object.entries(images).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(`${file}.part`, `${JSON.stringify(ordered, undefined, 2)}\n`);
  await rename(`${file}.part`, file);
}
