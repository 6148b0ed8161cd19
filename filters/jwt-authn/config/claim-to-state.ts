// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonArray } from "tremula/assembly";
import { readClaimPath } from "./claim-to-header";

/** A claim of verified tokens that goes into filter state of its own, for filters that take it as one string. */
@final
export class ClaimToState {
  private constructor(
    /** Of the filter state, behind `wasm.jwt_authn.`. */
    readonly key: Bytes,
    /** Names from the payload's members down to the claim; at least one. */
    readonly path: Bytes[],
  ) {}

  /** Reads `claim_to_filter_state`, a field of ours. */
  static readAll(list: JsonArray): ClaimToState[] {
    const claims = new Array<ClaimToState>();
    for (let i = 0; i < list.length; i++) {
      const object = list.object(i);
      const key = object.string("key");
      if (key.isEmpty) object.refuse("key", "must not be empty");
      claims.push(new ClaimToState(key, readClaimPath(object)));
    }
    return claims;
  }
}
