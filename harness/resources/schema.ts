import { z } from "zod";

/*
 * Pieces that the schemas of kinds are made of. Every object is strict: a field that nobody knows is a mistake, and in a
 * security policy a mistake must not pass for a rule that is not there.
 */

/** An object whose fields may all be missing, as in proto3's JSON, and that has no others. */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape).partial();
}

export const text = z.string();
export const texts = z.array(z.string());
export const int = z.int();
export const flag = z.boolean();
export const number = z.number();
/** A map of labels, or of anything else from text to text. */
export const textMap = z.record(z.string(), z.string());
/** What we do not read, or what is free by its nature. */
export const free = z.unknown();
/** A number or a text, as Kubernetes has for ports. */
export const intOrText = z.union([z.int(), z.string()]);

export const portNumber = z.int().min(1).max(65535);

/** `security.istio.io` and `extensions.istio.io`: which workloads a resource is for. */
export const matchLabels = fields({ matchLabels: textMap });

export const targetRef = z.strictObject({
  group: text.optional(),
  kind: text,
  name: text,
  namespace: text.optional(),
});

/** The ways by which Istio's resources of today say what they are for. */
export const target = {
  selector: matchLabels,
  targetRef,
  targetRefs: z.array(targetRef),
};
