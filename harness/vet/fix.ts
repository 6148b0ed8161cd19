import { readFile, writeFile } from "node:fs/promises";
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
  const fromTheEnd = [...insertions].sort((a, b) => b.offset - a.offset);
  return fromTheEnd.reduce(
    (result, { offset, text: added }) => result.slice(0, offset) + added + result.slice(offset),
    text,
  );
}

/**
 * Makes the findings' edits in their files.
 *
 * @returns how many edits were made in each file
 */
export async function fixFiles(findings: readonly Finding[]): Promise<ReadonlyMap<string, number>> {
  const made = new Map<string, number>();
  for (const [file, insertions] of insertionsOf(findings)) {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
    await writeFile(file, insert(text, insertions));
    made.set(file, insertions.length);
  }
  return made;
}
