import { placeText, type Path, type Position, type Resource } from "../resources/index.js";

/**
 * What the author of the old resource must know.
 * - `error`: it is not migrated, because today's resources cannot say it
 * - `lost`: a part of it says nothing any more
 * - `changed`: some requests are answered otherwise
 * - `info`: something was added or left out that changes nothing
 */
export type NoteKind = "error" | "lost" | "changed" | "info";

export interface Note {
  readonly kind: NoteKind;
  readonly object: string;
  readonly position: Position;
  readonly message: string;
}

/** Collects notes, each of them once. */
export class Notes {
  readonly #notes = new Map<string, Note>();

  add(kind: NoteKind, at: Resource, message: string, path: Path = []): void {
    const position = path.length === 0 ? at.position : at.positionOf(path);
    this.#notes.set(`${kind} ${placeText(position)} ${message}`, {
      kind,
      object: at.title,
      position,
      message,
    });
  }

  get all(): readonly Note[] {
    return [...this.#notes.values()];
  }
}

/** `policy.yaml:7: changed: Policy foo/httpbin: …` */
export function noteText({ kind, object, position, message }: Note): string {
  return `${placeText(position)}: ${kind}: ${object}: ${message}`;
}
