import { z } from "zod";
import { without } from "../json.js";
import { SecureIngressPolicy } from "./schema.js";

type Schema = Readonly<Record<string, unknown>>;

/** The JSON schema of a SecureIngressPolicy, for editors. */
export function jsonSchema(): Schema {
  const { group, versions, kind } = SecureIngressPolicy;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: kind,
    type: "object",
    required: ["apiVersion", "kind", "metadata", "spec"],
    properties: {
      apiVersion: { const: `${group}/${versions[0]}` },
      kind: { const: kind },
      metadata: { type: "object" },
      spec: specSchema(),
    },
  };
}

/** The CustomResourceDefinition of a SecureIngressPolicy. */
export function customResourceDefinition(): Schema {
  const { group, versions, kind } = SecureIngressPolicy;
  const plural = "secureingresspolicies";
  const rules = [
    {
      rule: "!(has(self.selector) && has(self.targetRefs))",
      message: "only one of selector and targetRefs may be there",
    },
  ];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "app.kubernetes.io/part-of": "tremula" } },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), shortNames: ["sip"], categories: ["tremula"] },
      scope: "Namespaced",
      versions: [
        {
          name: versions[0],
          served: true,
          storage: true,
          additionalPrinterColumns: [
            { name: "Mode", type: "string", jsonPath: ".spec.mode" },
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
          schema: {
            openAPIV3Schema: {
              type: "object",
              required: ["spec"],
              properties: { spec: { ...structural(specSchema()), "x-kubernetes-validations": rules } },
            },
          },
        },
      ],
    },
  };
}

function specSchema(): Schema {
  return without(z.toJSONSchema(SecureIngressPolicy.schema, { io: "input" }), "$schema");
}

/**
 * What Kubernetes takes as a structural schema: the fields that are not there are pruned rather than forbidden, and names of
 * properties have no schema. A literal is a number whose values are listed.
 */
function structural(schema: unknown): Schema {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== "object" || node === null) return node;
    const { additionalProperties } = node as Record<string, unknown>;
    const rest = without(node as Record<string, unknown>, "additionalProperties", "propertyNames");
    const kept = typeof additionalProperties === "object" ? { additionalProperties } : {};
    return Object.fromEntries(Object.entries({ ...rest, ...kept }).map(([key, value]) => [key, walk(value)]));
  };
  return walk(schema) as Schema;
}
