// SPDX-License-Identifier: Apache-2.0
import { Mode } from "../config/mode";
import { Provider } from "../config/provider";
import { KeySet } from "../keys/key-set";
import { JwtStatus } from "../status";
import { KeySource } from "./key-source";

/** Keys that stand in the configuration. */
@final
export class LocalKeys extends KeySource {
  constructor(provider: Provider, mode: Mode, keys: KeySet) {
    super(provider, mode);
    this.keys = keys;
  }

  usable(now: u64, began: u64): JwtStatus {
    const keys = this.keys;
    return keys !== null && keys.keys.length > 0 ? JwtStatus.Ok : JwtStatus.NoValidKeys;
  }

  refetch(now: u64): JwtStatus {
    return JwtStatus.KidAlgMismatch;
  }
}
