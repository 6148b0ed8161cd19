import { describe, expect, test } from "vitest";
import { translatePolicies } from "../../harness/generate/authorization/policies.js";
import { snakeCased } from "../rbac/differential/literals.js";
import { corpusIsThere, pairs } from "./corpus.js";

/** Trust domains that Istio's own test has for a file; the others have the default one. */
const DOMAINS: Readonly<Record<string, readonly string[]>> = {
  "http/simple-policy-td-aliases": ["td1", "cluster.local"],
};

describe.skipIf(!corpusIsThere)("Istio's own AuthorizationPolicies", () => {
  test.for(pairs())("$name: the filters are those that Istio makes", ({ name, isTcp, policies, filters }) => {
    const [trustDomain = "cluster.local", ...aliases] = DOMAINS[name] ?? [];
    const ours = translatePolicies(policies, { isTcp, trustDomain, aliases });
    expect(ours.map(({ configuration }) => canonical(configuration))).toEqual(
      filters.map((filter) => canonical(snakeCased(filter))),
    );
  });
});

/** Without what is the same said and unsaid: the action ALLOW, and a set of no policies. */
function canonical(configuration: unknown): unknown {
  const sets = configuration as Record<string, unknown>;
  const plain = ["rules", "shadow_rules"].flatMap((field) => {
    const set = sets[field] as { action?: string; policies?: object } | undefined;
    return set ? [[field, { action: "ALLOW", policies: {}, ...set }]] : [];
  });
  return { ...sets, ...Object.fromEntries(plain) };
}
