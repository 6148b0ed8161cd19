// SPDX-License-Identifier: Apache-2.0
import { Policy } from "./policy";

/** What a match means. */
export enum Action {
  Allow,
  Deny,
  Log,
}

/** The policies of a rule set, in the order in which they are evaluated: `policies[i].order` is `i`. */
@final
export class PolicySet {
  constructor(
    readonly action: Action,
    readonly policies: Array<Policy>,
  ) {
    policies.sort((a, b) => a.name.compare(b.name));
    for (let i = 0; i < policies.length; i++) policies[i].order = i;
  }
}
