import { placeText, type Path, type Resource } from "../resources/index.js";

/** What translation needs of a resource; what one of ours stands for, and was never written, has it as well. */
export interface Given<Spec = unknown> extends Pick<
  Resource<Spec>,
  "name" | "namespace" | "metadata" | "spec" | "title" | "where"
> {
  /** Where a field stands; what nobody wrote has no such place. */
  readonly positionOf?: Resource["positionOf"];
}

/** `AuthorizationPolicy prod/deny-all (policies.yaml:7)`, with the line of a field of its spec if one is named. */
export function titleOf(given: Given, field: Path = []): string {
  const isKnown = field.length > 0 && given.positionOf !== undefined;
  const place = isKnown ? placeText(given.positionOf(["spec", ...field])) : given.where;
  return `${given.title} (${place})`;
}

/** The same resource with another spec, in which what is left of the old one is where it was. */
export function withSpec<Spec>(given: Given<Spec>, spec: Spec): Given<Spec> {
  const { name, namespace, metadata, title, where } = given;
  const known = given.positionOf && { positionOf: given.positionOf.bind(given) };
  return { name, namespace, metadata, title, where, spec, ...known };
}
