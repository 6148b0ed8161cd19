import { isMap, isSeq, type Node } from "yaml";
import { chunkText, type Chunk } from "./chunks.js";
import { isFields, issuesOf, unknownField, withoutNulls, yamlMessage, type Fields } from "./issues.js";
import type { Progress } from "../progress.js";
import type { Kind } from "./kind.js";
import { readMetadata } from "./metadata.js";
import { pathText, type Path } from "./position.js";
import type { Problem } from "./problem.js";
import { Resource, type Metadata } from "./resource.js";
import { Resources, type Untyped } from "./resources.js";
import type { Source } from "./source.js";

export interface ParseOptions {
  readonly kinds: readonly Kind[];
  readonly namespace: string;
  readonly progress?: Progress | undefined;
}

/** Reads the objects of texts. Nothing in a text makes it throw. */
export function parseResources(sources: readonly Source[], options: ParseOptions): Resources {
  const reader = new Reader(options);
  let read = 0;
  for (const source of sources)
    for (const chunk of source.chunks()) {
      reader.chunk(source, chunk);
      read++;
      options.progress?.tick(() => `reading ${source.file}: ${read} objects so far`);
    }
  options.progress?.clear();
  return reader.result();
}

/** Where an object stands. */
interface Site {
  readonly source: Source;
  readonly chunk: Chunk;
  readonly prefix: Path;
  readonly offset: number;
}

/** How much of what is wrong with an object is told. */
const MAX_PROBLEMS = 100;

/** What every object has, or the API server adds. */
const COMMON: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "status"]);

class Reader {
  readonly #kinds = new Map<string, Kind>();
  readonly #groups: ReadonlySet<string>;
  readonly #all: Resource[] = [];
  readonly #unread = new Map<string, number>();
  readonly #untyped: Untyped[] = [];
  readonly #problems: Problem[] = [];
  readonly #seen = new Map<string, Resource>();

  constructor(private readonly options: ParseOptions) {
    for (const kind of options.kinds) this.#kinds.set(`${kind.kind}.${kind.group}`, kind);
    this.#groups = new Set(this.#kinds.keys());
  }

  result(): Resources {
    return new Resources(this.#all, this.#unread, this.#untyped, this.#problems);
  }

  chunk(source: Source, chunk: Chunk): void {
    // Nothing but comments: a template whose conditions are false leaves many of those.
    if (!/^[ \t]*[^\s#]/m.test(source.text.slice(chunk.start, chunk.end))) return;
    const unread = this.#unreadAtAGlance(source.text, chunk);
    if (unread !== undefined) return this.#count(unread);
    try {
      this.#document(source, chunk);
    } catch (error) {
      // Aliases that unfold to more than a hundred copies, brackets that nest until the stack is full, and lists that
      // contain themselves.
      this.#problems.push({
        position: source.positionAt(start(source, chunk)),
        message: `no YAML: ${yamlMessage(error as Error)}`,
      });
    }
  }

  #document(source: Source, chunk: Chunk): void {
    const document = source.document(chunk);
    const [error] = document.errors;
    if (error) {
      const message = `no YAML: ${yamlMessage(error)}`;
      this.#problems.push({ position: source.positionAt(chunk.start + error.pos[0]), message });
      return;
    }
    const node = document.contents;
    const content: unknown = document.toJS();
    if (content === null || content === undefined) return;
    const site = { source, chunk, prefix: [], offset: chunk.start + (node?.range?.[0] ?? 0) };
    this.#object(content, node, site);
  }

  /**
   * The kind of a document that we do not read, as far as its text says it without being parsed: definitions of custom
   * resources are long, and parsing them is most of the work.
   */
  #unreadAtAGlance(text: string, chunk: Chunk): string | undefined {
    // The fields of a list's entry are indented.
    if (chunk.dash !== undefined) return undefined;
    const part = chunkText(text, chunk);
    const kinds = [...part.matchAll(/^kind:[ \t]+([A-Za-z0-9]+)[ \t]*\r?$/gm)];
    const versions = [...part.matchAll(/^apiVersion:[ \t]+([a-z0-9./]+)[ \t]*\r?$/gm)];
    const kind = kinds[0]?.[1];
    const version = versions[0]?.[1];
    if (kinds.length !== 1 || versions.length !== 1 || kind === undefined || version === undefined)
      return undefined;
    if (kind.endsWith("List")) return undefined;
    const key = `${kind}.${groupOf(version)}`;
    return this.#groups.has(key) ? undefined : key;
  }

  #count(key: string): void {
    const name = key.replace(/\.$/, "");
    this.#unread.set(name, (this.#unread.get(name) ?? 0) + 1);
  }

  #object(
    content: unknown,
    node: Node | null,
    site: Site,
    listed?: { kind: string; apiVersion: string },
  ): void {
    const problem = (path: Path, message: string, object?: string): void => {
      const offset =
        path.length === 0 ? site.offset : site.source.offsetOf(site.chunk, [...site.prefix, ...path]);
      this.#problems.push({
        position: site.source.positionAt(offset),
        ...(object !== undefined && { object }),
        ...(path.length > 0 && { path: pathText(path) }),
        message,
      });
    };
    if (!isFields(content)) return problem([], "no Kubernetes object: it is no map");
    const { kind: name = listed?.kind, apiVersion = listed?.apiVersion } = content;
    // A file of values, a kustomization, Envoy's configuration.
    if (name === undefined && apiVersion === undefined) {
      this.#untyped.push(untyped(content, site));
      return this.#count("(no kind)");
    }
    if (typeof name !== "string" || name === "") return problem([], "no Kubernetes object: no kind");
    if (typeof apiVersion !== "string" || apiVersion === "")
      return problem([], "no Kubernetes object: no apiVersion");
    if (name.endsWith("List") && Array.isArray(content["items"])) {
      const entry = { kind: name.slice(0, -"List".length), apiVersion };
      return this.#list(content["items"], node, site, entry.kind === "" ? undefined : entry);
    }
    const kind = this.#kinds.get(`${name}.${groupOf(apiVersion)}`);
    if (kind === undefined) return this.#count(`${name}.${groupOf(apiVersion)}`);
    if (!kind.versions.includes(apiVersion.slice(apiVersion.indexOf("/") + 1))) {
      const known = kind.versions.map((version) =>
        kind.group === "" ? version : `${kind.group}/${version}`,
      );
      return problem(["apiVersion"], `${apiVersion} has no ${name}; it is in ${known.join(", ")}`);
    }
    const metadata = readMetadata(content["metadata"], kind, this.options.namespace);
    if (Array.isArray(metadata)) {
      for (const { path, message } of metadata) problem(path, message, name);
      return;
    }
    this.#typed(kind, apiVersion, metadata, content, site, problem);
  }

  #typed(
    kind: Kind,
    apiVersion: string,
    metadata: Metadata,
    content: Fields,
    site: Site,
    problem: (path: Path, message: string, object?: string) => void,
  ): void {
    const title = `${kind.kind} ${metadata.namespace === "" ? "" : `${metadata.namespace}/`}${metadata.name}`;
    const rest = Object.fromEntries(Object.entries(content).filter(([key]) => !COMMON.has(key)));
    const stray = kind.at === "spec" ? Object.keys(rest).filter((key) => key !== "spec") : [];
    for (const key of stray) problem([key], unknownField(key), title);
    const spec = kind.at === "spec" ? (rest["spec"] ?? {}) : rest;
    const parsed = kind.schema.safeParse(withoutNulls(spec, kind.nulls ?? []));
    if (!parsed.success) {
      const issues = issuesOf(parsed.error, kind.at === "spec" ? ["spec"] : []);
      for (const { path, message } of issues.slice(0, MAX_PROBLEMS)) problem(path, message, title);
      if (issues.length > MAX_PROBLEMS) problem([], `and ${issues.length - MAX_PROBLEMS} more`, title);
      return;
    }
    if (stray.length > 0) return;
    const resource = new Resource(
      kind,
      apiVersion,
      metadata,
      parsed.data,
      content,
      site.source,
      site.chunk,
      site.prefix,
      site.offset,
    );
    const key = `${kind.kind}.${kind.group}/${metadata.namespace}/${metadata.name}`;
    const first = this.#seen.get(key);
    if (first !== undefined) return problem([], `is defined twice; first in ${first.where}`, title);
    this.#seen.set(key, resource);
    this.#all.push(resource);
  }

  #list(
    items: readonly unknown[],
    node: Node | null,
    site: Site,
    listed?: { kind: string; apiVersion: string },
  ): void {
    const list = isMap(node) ? node.get("items", true) : undefined;
    const nodes = isSeq(list) ? list.items : [];
    for (const [index, item] of items.entries()) {
      const at = nodes[index] as Node | undefined;
      this.#object(
        item,
        at ?? null,
        {
          source: site.source,
          chunk: site.chunk,
          prefix: [...site.prefix, "items", index],
          offset: site.chunk.start + (at?.range?.[0] ?? 0),
        },
        listed,
      );
    }
  }
}

function untyped(value: Fields, { source, chunk, prefix, offset }: Site): Untyped {
  return {
    value,
    position: source.positionAt(offset),
    positionOf: (path) => source.positionAt(source.offsetOf(chunk, [...prefix, ...path])),
  };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/** Where a document's text begins, behind blank lines. */
function start({ text }: Source, chunk: Chunk): number {
  const offset = text.slice(chunk.start, chunk.end).search(/\S/);
  return chunk.start + Math.max(0, offset);
}
