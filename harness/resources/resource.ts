import type { Chunk } from "./chunks.js";
import type { Kind } from "./kind.js";
import { placeText, type Path, type Position } from "./position.js";
import type { Source } from "./source.js";

/** What an object is called and labelled. Its other metadata is not looked at. */
export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339, where the API server has set it. */
  readonly creationTimestamp: string | undefined;
}

/** A Kubernetes object of a kind that we read, and where it was written. */
export class Resource<Spec = unknown> {
  constructor(
    readonly kind: Kind<Spec>,
    readonly apiVersion: string,
    readonly metadata: Metadata,
    readonly spec: Spec,
    /** The object as it was written, with `status` and whatever else `metadata` holds. */
    readonly raw: Readonly<Record<string, unknown>>,
    readonly source: Source,
    readonly chunk: Chunk,
    /** Where in its document the object is: empty, or `items` and a number in a list. */
    readonly prefix: Path,
    readonly offset: number,
  ) {}

  get name(): string {
    return this.metadata.name;
  }

  /** Empty for kinds without namespaces. */
  get namespace(): string {
    return this.metadata.namespace;
  }

  /** `AuthorizationPolicy prod/deny-all` */
  get title(): string {
    return `${this.kind.kind} ${this.namespace === "" ? "" : `${this.namespace}/`}${this.name}`;
  }

  /** Where the object begins. */
  get position(): Position {
    return this.source.positionAt(this.offset);
  }

  /** `file:line` of the object's beginning. */
  get where(): string {
    return placeText(this.position);
  }

  /**
   * Where a field stands, or the nearest that encloses it when it is not there.
   *
   * @param path from the object, such as `["spec", "rules", 0]`
   */
  positionOf(path: Path): Position {
    return this.source.positionAt(this.source.offsetOf(this.chunk, [...this.prefix, ...path]));
  }

  /** Whether the object is of that kind; tells the compiler what its spec is. */
  is<Other>(kind: Kind<Other>): this is Resource<Other> {
    return (this.kind as Kind) === kind;
  }
}
