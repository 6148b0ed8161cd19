import { z } from "zod";
import type { Kind } from "./kind.js";
import type { Path } from "./position.js";
import type { Metadata } from "./resource.js";

const schema = z.looseObject({
  name: z.string().min(1).optional(),
  generateName: z.string().min(1).optional(),
  namespace: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  creationTimestamp: z.string().nullish(),
});

/** Reads `metadata`, of which what we do not use is free; or says what is wrong with it. */
export function readMetadata(
  value: unknown,
  kind: Kind,
  namespace: string,
): Metadata | { path: Path; message: string }[] {
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => ({
      path: ["metadata", ...(path as (string | number)[])],
      message: message.replace(/^Invalid input: /, ""),
    }));
  const { data } = parsed;
  const name = data.name ?? data.generateName;
  if (name === undefined) return [{ path: ["metadata"], message: "no name" }];
  return {
    name,
    namespace: kind.namespaced ? (data.namespace ?? "") || namespace : "",
    labels: data.labels ?? {},
    annotations: data.annotations ?? {},
    creationTimestamp: data.creationTimestamp ?? undefined,
  };
}
