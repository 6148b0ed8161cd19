import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import type { Progress } from "../progress.js";
import type { Kind } from "./kind.js";
import { KINDS } from "./kinds/index.js";
import { parseResources } from "./parse.js";
import { problemsError } from "./problem.js";
import type { Resources } from "./resources.js";
import { Source } from "./source.js";

export interface ReadOptions {
  /** Kinds that are read besides {@link KINDS}. */
  readonly kinds?: readonly Kind[];
  /** The namespace of namespaced objects that name none; `default` when omitted. */
  readonly namespace?: string;
  /** Where `-` is read from; the process's standard input when omitted. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Told where the reading is, when there is much. */
  readonly progress?: Progress;
}

/** More than this is refused: it would take minutes and gigabytes. */
export const MAX_BYTES = 64 * 1024 * 1024;
const SUFFIX = /\.(?:ya?ml|json)$/i;

/**
 * Reads Kubernetes objects from files, from the YAML and JSON files below folders, and from standard input for `-`. What
 * is wrong with them is in `problems` of the result.
 *
 * @throws HarnessError when a path cannot be read, or holds too much or no UTF-8
 */
export async function readResources(paths: readonly string[], options: ReadOptions = {}): Promise<Resources> {
  const sources: Source[] = [];
  let bytes = 0;
  const add = (file: string, content: Uint8Array): void => {
    bytes += content.byteLength;
    if (bytes > MAX_BYTES)
      throw refused(
        `${file}: more than ${MAX_BYTES / 1024 / 1024} MiB of resources; give fewer files at once`,
      );
    sources.push(new Source(file, decode(file, content)));
  };
  for (const path of paths) {
    if (path === "-") add("<stdin>", await collect(options.stdin ?? process.stdin));
    else for (const file of await filesOf(path)) add(file, await reached(file, readFile(file)));
  }
  return parseResources(sources, {
    kinds: [...KINDS, ...(options.kinds ?? [])],
    namespace: options.namespace ?? "default",
    progress: options.progress,
  });
}

/**
 * The same, for those who cannot go on with what is wrong.
 *
 * @throws HarnessError that names file, line and path of each problem
 */
export async function readValidResources(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<Resources> {
  const resources = await readResources(paths, options);
  if (resources.problems.length > 0) throw problemsError(resources.problems);
  return resources;
}

/** Reads objects from a text, for tests and for those who have it already. */
export function resourcesOf(text: string, options: ReadOptions & { file?: string } = {}): Resources {
  return parseResources([new Source(options.file ?? "<text>", text)], {
    kinds: [...KINDS, ...(options.kinds ?? [])],
    namespace: options.namespace ?? "default",
  });
}

async function filesOf(path: string): Promise<string[]> {
  const what = await reached(path, stat(path));
  if (what.isDirectory()) {
    const files = await walk(path);
    // Nothing read is nothing found, which looks like all is well.
    if (files.length === 0) {
      throw new HarnessError("RESOURCES_MISSING", `${path}: no file in it ends with .yaml, .yml or .json`, {
        exitCode: ExitCode.usage,
      });
    }
    return files;
  }
  if (what.size > MAX_BYTES) throw refused(`${path}: larger than ${MAX_BYTES / 1024 / 1024} MiB`);
  return [path];
}

/** What the file system answers; its refusal in the words of the command line. */
async function reached<T>(path: string, answer: Promise<T>): Promise<T> {
  return answer.catch((error: NodeJS.ErrnoException) => {
    throw new HarnessError(
      "RESOURCES_UNREADABLE",
      error.code === "ENOENT" ? `${path}: no such file or folder` : `${path}: ${fileTrouble(error)}`,
      { exitCode: ExitCode.usage, cause: error },
    );
  });
}

async function walk(folder: string): Promise<string[]> {
  const entries = await reached(folder, readdir(folder, { withFileTypes: true }));
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // `.git`, and what Kubernetes keeps beside the links in a mounted volume.
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await walk(path)));
    else if (SUFFIX.test(entry.name) && (await reached(path, stat(path))).isFile()) files.push(path);
  }
  return files;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.byteLength;
    if (length > MAX_BYTES) throw refused(`<stdin>: more than ${MAX_BYTES / 1024 / 1024} MiB`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function decode(file: string, content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    const utf16 =
      (content[0] === 0xff && content[1] === 0xfe) || (content[0] === 0xfe && content[1] === 0xff);
    throw refused(`${file}: ${utf16 ? "is UTF-16" : "is not UTF-8"}; Kubernetes resources are UTF-8`);
  }
}

function refused(message: string): HarnessError {
  return new HarnessError("RESOURCES_INVALID", message);
}
