import type { Resources } from "../resources/index.js";
import { migrateAuthentication } from "./authentication.js";
import { Notes, type Note } from "./note.js";
import { migrateRbac } from "./rbac.js";
import { Services } from "./services.js";
import type { Written } from "./written.js";

export interface MigrateOptions {
  /** Where policies hold for the whole mesh; `istio-system` when omitted. */
  readonly rootNamespace?: string;
  /** Only this namespace; what holds for the mesh is written for it alone. */
  readonly namespace?: string;
  readonly allowNoClusterRbacConfig?: boolean;
  readonly dropWildcards?: boolean;
  readonly forwardTokens?: boolean;
}

export interface Migration {
  readonly written: readonly Written[];
  readonly notes: readonly Note[];
}

/**
 * Turns the security resources that Istio had until 1.5 into today's.
 *
 * @throws HarnessError when there are roles but no ClusterRbacConfig
 */
export function migrate(resources: Resources, options: MigrateOptions = {}): Migration {
  const notes = new Notes();
  const services = new Services(resources);
  const settings = { ...options, rootNamespace: options.rootNamespace ?? "istio-system" };
  const written = [
    ...migrateAuthentication(resources, services, notes, settings),
    ...migrateRbac(resources, services, notes, settings),
  ];
  return { written, notes: [...notes.all, ...duplicates(written, resources)] };
}

/** Two resources of one name: the second would take the first one's place when they are applied. */
function duplicates(written: readonly Written[], resources: Resources): Note[] {
  const [any] = resources.all;
  const seen = new Set<string>();
  return written.flatMap(({ kind, metadata: { name, namespace }, comment }): Note[] => {
    const object = `${kind} ${namespace}/${name}`;
    if (any === undefined || !seen.has(object)) {
      seen.add(object);
      return [];
    }
    const message = `is there twice; rename one before you apply them (${comment.split("\n", 1)[0]})`;
    return [{ kind: "error", object, position: any.position, message }];
  });
}
