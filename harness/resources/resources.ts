import { groupBy } from "../report/group.js";
import type { Kind } from "./kind.js";
import type { Path, Position } from "./position.js";
import type { Problem } from "./problem.js";
import type { Resource } from "./resource.js";

/** A document without a kind: Envoy's configuration, values, or something else. */
export interface Untyped {
  readonly value: Readonly<Record<string, unknown>>;
  readonly position: Position;
  positionOf(path: Path): Position;
}

/** All that was read. */
export class Resources {
  readonly #byKind: ReadonlyMap<Kind, readonly Resource[]>;

  /**
   * @param all in the order of files and of documents in them
   * @param unread how many objects of each kind that we do not read there were, by `kind.group`
   * @param untyped documents that name no kind
   * @param problems what is wrong; the objects that have problems are not in `all`
   */
  constructor(
    readonly all: readonly Resource[],
    readonly unread: ReadonlyMap<string, number>,
    readonly untyped: readonly Untyped[],
    readonly problems: readonly Problem[],
  ) {
    this.#byKind = groupBy(all, ({ kind }) => kind);
  }

  /** The objects of a kind, in the order in which they were read. */
  of<Spec>(kind: Kind<Spec>): readonly Resource<Spec>[] {
    return (this.#byKind.get(kind) ?? []) as unknown as readonly Resource<Spec>[];
  }
}
