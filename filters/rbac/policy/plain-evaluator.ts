// SPDX-License-Identifier: Apache-2.0
import { Facts } from "./facts";
import { Policy } from "./policy";
import { PolicySet } from "./policy-set";

/** The first policy that matches, or null: asks one after the other, as native does. What the index must agree with. */
export function findPlainly(set: PolicySet, facts: Facts): Policy | null {
  const policies = set.policies;
  for (let i = 0; i < policies.length; i++) {
    const policy = unchecked(policies[i]);
    if (policy.matches(facts)) return policy;
  }
  return null;
}
