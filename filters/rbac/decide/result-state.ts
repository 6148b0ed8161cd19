// SPDX-License-Identifier: Apache-2.0
import { Bytes, Property } from "tremula/assembly";

/**
 * What rules decide, where later filters and access logs find it. Native writes it into dynamic metadata, which Wasm cannot
 * (envoyproxy/envoy#15148): here it is filter state, `wasm.rbac.[<prefix>]shadow_effective_policy_id` and
 * `wasm.rbac.[<prefix>]shadow_engine_result`, or with `enforced` for `shadow`, with native's names and values.
 */
@final
export class ResultState {
  private readonly policy: Property;
  private readonly result: Property;

  /** @param kind `shadow` or `enforced` */
  constructor(prefix: Bytes, kind: string) {
    const start = "rbac." + prefix.toString() + kind;
    this.policy = new Property(start + "_effective_policy_id");
    this.result = new Property(start + "_engine_result");
  }

  /** @param policy null when none matched, and then nothing is written of it */
  write(isAllowed: bool, policy: Bytes | null): void {
    if (policy !== null && !policy.isEmpty) this.policy.set(policy);
    this.result.set(isAllowed ? "allowed" : "denied");
  }
}
