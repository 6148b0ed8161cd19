import { z } from "zod";
import type { Kind } from "./kind.js";
import type { Path } from "./position.js";
import type { Metadata } from "./resource.js";

/**
 * What no name in Kubernetes is made of (a kind's own rules are narrower): names become folders and parts of commands in what
 * we write.
 */
const word = z.string().regex(/^\w[\w.-]*$/, "a name is letters, digits, -, _ and .");

const schema = z.looseObject({
  name: word.optional(),
  generateName: word.optional(),
  namespace: z.union([word, z.literal("")]).nullish(),
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
