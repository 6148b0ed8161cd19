import {
  isMap,
  isNode,
  isScalar,
  parseDocument,
  Schema,
  visit,
  YAMLParseError,
  type Document,
  type Node,
} from "yaml";
import { chunksOf, chunkText, type Chunk } from "./chunks.js";
import type { Path, Position } from "./position.js";

/**
 * The text of a file. Of its documents only the last that was asked for is kept in parsed form: a hundred thousand
 * objects would not fit into memory with all their nodes, and few of them are ever pointed at.
 */
export class Source {
  #lines: number[] | undefined;
  #parsed: { chunk: Chunk; document: Document.Parsed } | undefined;

  constructor(
    readonly file: string,
    readonly text: string,
  ) {}

  chunks(): Iterable<Chunk> {
    return chunksOf(this.text);
  }

  document(chunk: Chunk): Document.Parsed {
    if (this.#parsed?.chunk !== chunk) this.#parsed = { chunk, document: parse(chunkText(this.text, chunk)) };
    return this.#parsed.document;
  }

  /** The place of an offset into the text. */
  positionAt(offset: number): Position {
    this.#lines ??= lineStarts(this.text);
    let low = 0;
    let high = this.#lines.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#lines[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { file: this.file, line: low + 1, column: offset - (this.#lines[low] ?? 0) + 1 };
  }

  /** Where a field of a document stands: its name, or the nearest that encloses it when it is not there. */
  offsetOf(chunk: Chunk, path: Path): number {
    const found = find(this.document(chunk), path);
    return chunk.start + ((found.key ?? found.value)?.range?.[0] ?? 0);
  }
}

/** A field that was found: its name's node, when it is the field of a map, and its value's. */
export interface FoundNode {
  readonly key?: Node;
  readonly value: Node | null;
  /** How many steps of the path were found. */
  readonly depth: number;
}

/** Follows a path into a document as far as it goes, through aliases. */
export function find(document: Document.Parsed, path: Path): FoundNode {
  let found: FoundNode = { value: document.contents, depth: 0 };
  for (const step of path) {
    const next = child(found.value, step, document);
    if (next === undefined) break;
    found = { ...next, depth: found.depth + 1 };
  }
  return found;
}

function child(
  node: Node | null,
  step: string | number,
  document: Document.Parsed,
): Omit<FoundNode, "depth"> | undefined {
  const at = node !== null && "resolve" in node ? (node.resolve(document) as Node | undefined) : node;
  if (isMap(at)) {
    const pair = at.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    if (pair === undefined) return undefined;
    return { key: pair.key as Node, value: isNode(pair.value) ? pair.value : null };
  }
  if (at === null || at === undefined || !("items" in at) || typeof step !== "number") return undefined;
  const item: unknown = (at as { items: unknown[] }).items[step];
  return isNode(item) ? { value: item } : undefined;
}

/**
 * YAML as Kubernetes reads it: that of 1.1, where `yes` and `on` are true and `<<` merges, but with neither dates nor
 * numbers to the base of 60 (sigs.k8s.io/yaml). Made once: it takes longer than parsing a small document.
 */
const SCHEMA = new Schema({
  schema: "yaml-1.1",
  merge: true,
  resolveKnownTags: false,
  customTags: (tags) =>
    tags.filter(
      (tag) =>
        typeof tag === "string" || (tag.format !== "TIME" && tag.tag !== "tag:yaml.org,2002:timestamp"),
    ),
});

export function parse(text: string): Document.Parsed {
  // Whether keys are unique the parser asks each of all the others.
  const document = parseDocument(text, { version: "1.1", schema: SCHEMA, uniqueKeys: false });
  if (document.errors.length === 0) refuse(document);
  return document;
}

/** An alias is looked for from the beginning of its document, so that many take long; nobody writes as many. */
const MAX_ALIASES = 2000;

function refuse(document: Document.Parsed): void {
  let aliases = 0;
  const error = (node: unknown, code: "DUPLICATE_KEY" | "BAD_ALIAS", message: string): symbol => {
    const [start = 0, end = 0] = (isNode(node) && node.range) || [];
    document.errors.push(new YAMLParseError([start, end], code, message));
    return visit.BREAK;
  };
  visit(document, {
    Alias(_, alias) {
      aliases += 1;
      return aliases > MAX_ALIASES ? error(alias, "BAD_ALIAS", "Too many aliases") : undefined;
    },
    Map(_, { items }) {
      const names = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (names.has(key.value)) return error(key, "DUPLICATE_KEY", "Map keys must be unique");
        names.add(key.value);
      }
      return undefined;
    },
  });
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
