import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { HarnessError } from "../errors.js";
import { writeWhole } from "../whole-file.js";
import type { Finding, Insertion } from "./finding.js";

/** What of the findings' edits can be made: each place once, and nothing that came from standard input. */
export function insertionsOf(findings: readonly Finding[]): ReadonlyMap<string, readonly Insertion[]> {
  const files = new Map<string, Map<number, Insertion>>();
  for (const { edit } of findings) {
    if (edit === undefined || edit.file.startsWith("<")) continue;
    const places = files.get(edit.file) ?? new Map<number, Insertion>();
    // Findings come with the worst first, and that one knows best.
    if (!places.has(edit.offset)) places.set(edit.offset, edit);
    files.set(edit.file, places);
  }
  return new Map([...files].map(([file, places]) => [file, [...places.values()]]));
}

/** A text with all that is to be put into it; offsets are those of the text as it is. */
export function insert(text: string, insertions: readonly Insertion[]): string {
  const inOrder = [...insertions].sort((a, b) => a.offset - b.offset);
  const parts = inOrder.map(({ offset, text: added }, index) => {
    return text.slice(inOrder[index - 1]?.offset ?? 0, offset) + added;
  });
  return [...parts, text.slice(inOrder.at(-1)?.offset ?? 0)].join("");
}

/**
 * Makes the findings' edits in their files.
 *
 * @returns how many edits were made in each file
 * @throws HarnessError when a file must not be written, or has changed since it was read; then none has been written
 */
export async function fixFiles(findings: readonly Finding[]): Promise<ReadonlyMap<string, number>> {
  const all = [...insertionsOf(findings)];
  const fixed = await Promise.all(
    all.map(async ([file, insertions]) => ({ file, content: await withAll(file, insertions) })),
  );
  for (const { file, content } of fixed) await writeWhole(file, content);
  return new Map(all.map(([file, insertions]) => [file, insertions.length]));
}

async function withAll(file: string, insertions: readonly Insertion[]): Promise<string> {
  await access(file, constants.W_OK).catch((cause: unknown) => {
    throw new HarnessError("NOT_WRITTEN", `${file} cannot be fixed: ${(cause as Error).message}`, { cause });
  });
  const content = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  // Offsets are those of the text behind the mark that editors of Windows begin a file with.
  const mark = content.startsWith("\uFEFF") ? "\uFEFF" : "";
  const text = content.slice(mark.length);
  if (insertions.some(({ within }) => within !== text))
    throw new HarnessError("CHANGED", `${file} has changed since it was read; nothing is fixed`);
  return mark + insert(text, insertions);
}
