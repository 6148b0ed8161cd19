import type { Path, Position, Resource, Untyped } from "../resources/index.js";
import type { Insertion, Severity } from "./finding.js";
import type { Mesh } from "./mesh.js";

/** What a check says of one place; who and where is filled in by whoever runs it. */
export interface Complaint {
  readonly at: Resource | Untyped;
  readonly path?: Path;
  /** When it is not the check's own severity. */
  readonly severity?: Severity;
  readonly message: string;
  readonly fix: string;
  readonly edit?: Insertion;
}

/** A rule for the resources of a mesh: a pure function of them. */
export interface Check {
  /** Stable: people suppress checks by it. */
  readonly id: string;
  /** In a few words, what is wrong where it complains. */
  readonly title: string;
  readonly severity: Severity;
  /** Why anybody should care. */
  readonly why: string;
  /** The code of istioctl's analyzer that gives the same verdict on the same input. */
  readonly istio?: string;
  run(mesh: Mesh): Iterable<Complaint>;
}

/** Where a complaint is. */
export function positionOf({ at, path = [] }: Complaint): Position {
  return path.length === 0 ? at.position : at.positionOf(path);
}
