import { Resource, Resources, resourcesOf } from "../resources/index.js";
import { RULES, vet, type Finding, type VetOptions } from "../vet/index.js";
import { yamlOf, type Written } from "./written.js";

/** A change of a cluster: what is applied, and what is deleted. */
export interface Change {
  readonly apply: readonly Written[];
  readonly remove: readonly Resource[];
}

const keyOf = ({ kind, namespace, name }: Resource): string =>
  `${kind.kind}.${kind.group}/${namespace}/${name}`;

/** The resources as they are when a change has been made. */
export function after(resources: Resources, { apply, remove }: Change): Resources {
  const written = resourcesOf(yamlOf(apply), { file: "<plan>" });
  const gone = new Set([...written.all, ...remove].map(keyOf));
  const rest = resources.all.filter((resource) => !gone.has(keyOf(resource)));
  const ages = new Map(
    resources.all.map((resource) => [keyOf(resource), resource.metadata.creationTimestamp]),
  );
  const all = written.all.map((resource) => aged(resource, ages.get(keyOf(resource))));
  return new Resources([...rest, ...all], resources.unread, resources.untyped, [
    ...resources.problems,
    ...written.problems,
  ]);
}

/** What is changed stays as old as it was, which decides between two policies. */
function aged(resource: Resource, creationTimestamp: string | undefined): Resource {
  const { kind, apiVersion, metadata, spec, raw, source, chunk, prefix, offset } = resource;
  return new Resource(
    kind,
    apiVersion,
    { ...metadata, creationTimestamp },
    spec,
    raw,
    source,
    chunk,
    prefix,
    offset,
  );
}

/** What some checks have to say of the resources. */
export function findingsOf(
  resources: Resources,
  ids: readonly string[],
  options: VetOptions,
): readonly Finding[] {
  const ignore = RULES.map(({ id }) => id).filter((id) => !ids.includes(id));
  return vet(resources, { ...options, ignore }).findings.filter(({ severity }) => severity === "error");
}
