import type { z } from "zod";

/** A kind of object that we read, and what its objects may hold. */
export interface Kind<Spec = unknown> {
  readonly kind: string;
  /** `security.istio.io`; empty for Kubernetes' core. */
  readonly group: string;
  /** The versions of the group that say the same. */
  readonly versions: readonly string[];
  readonly namespaced: boolean;
  /** Where {@link Resource.spec} stands: in a field, or (empty) beside `metadata` in the object itself. */
  readonly at: "spec" | "";
  readonly schema: z.ZodType<Spec>;
  /** Names of fields whose `null` says something. Elsewhere a field that is null is one that is not there. */
  readonly nulls?: readonly string[];
}

/** Declares a kind whose objects are namespaced and say everything in `spec`, unless told otherwise. */
export function kind<Schema extends z.ZodType>(
  declared: Pick<Kind, "kind" | "group" | "versions"> & { schema: Schema } & Partial<
      Pick<Kind, "namespaced" | "at" | "nulls">
    >,
): Kind<z.infer<Schema>> {
  return { namespaced: true, at: "spec", ...declared } as Kind<z.infer<Schema>>;
}

/** The type of a kind's `spec`. */
export type SpecOf<K> = K extends Kind<infer Spec> ? Spec : never;
