import { jsonObjects } from "./json-list.js";

/** One document of a file, or one object of a list: which part of the text it is. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** The place of the `-` before it, when it is an entry of a list. */
  readonly dash?: number;
}

/**
 * Cuts a text into its documents, between the lines that begin with `---` or `...`, which YAML allows nowhere inside of
 * one; and a list, as `kubectl get -o yaml` writes it, into its objects. Parsed as one, a list of a hundred thousand objects
 * would take gigabytes.
 */
export function* chunksOf(text: string): Generator<Chunk> {
  for (const document of documents(text))
    yield* objects(text, document) ?? jsonObjects(text, document) ?? [document];
}

/** The text of a chunk, as long as it is in the file. */
export function chunkText(text: string, { start, end, dash }: Chunk): string {
  if (dash === undefined) return text.slice(start, end);
  return `${text.slice(start, dash)} ${text.slice(dash + 1, end)}`;
}

function* documents(text: string): Generator<Chunk> {
  let start = 0;
  for (const match of text.matchAll(/^---(?=[ \t\r\n]|$)[^\S\n]*|^\.\.\.[ \t\r]*$/gm)) {
    yield { start, end: match.index };
    start = match.index + match[0].length;
  }
  yield { start, end: text.length };
}

/**
 * The entries of a list in block style. Whatever belongs to an entry is indented further than its dash, so a line that has
 * a dash in that column begins the next one. Undefined where the text is anything else, or where anchors may reach from
 * one entry into another.
 */
function objects(text: string, { start, end }: Chunk): Chunk[] | undefined {
  const part = text.slice(start, end);
  const [items, ...others] = part.matchAll(/^items:[ \t]*\r?\n(?=([ ]*)-[ \r\n])|^items:/gm);
  if (items?.[1] === undefined || others.length > 0) return undefined;
  if (!/^kind:[ \t]+List[ \t]*\r?$/m.test(part) || /(?:[:[{,]|- )\s*[&*]\w/.test(part)) return undefined;
  const from = items.index + items[0].length;
  const indent = items[1].length;
  const dashes = new RegExp(`^ {${indent}}-(?=[ \\r\\n])`, "gm");
  // Behind the entries stand the list's other fields, at the beginning of the line.
  const behind = /^[^\s#-]/gm;
  behind.lastIndex = dashes.lastIndex = from;
  const until = behind.exec(part)?.index ?? part.length;
  const starts: number[] = [];
  for (let match = dashes.exec(part); match !== null && match.index < until; match = dashes.exec(part))
    starts.push(match.index);
  return starts.map((at, index) => ({
    start: start + at,
    end: start + (starts[index + 1] ?? until),
    dash: start + at + indent,
  }));
}
