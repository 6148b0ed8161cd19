// SPDX-License-Identifier: Apache-2.0
import { Algorithm } from "../keys/algorithm";
import { KeySet } from "../keys/key-set";
import { Mode } from "../config/mode";
import { Provider } from "../config/provider";
import { JwtStatus } from "../status";
import { Token } from "../token/token";

/** Length of an Ed25519 signature (RFC 8032 section 5.1.6). */
const ED25519_LENGTH: i32 = 64;

/** Where the keys of a provider come from, and which there are now. */
export abstract class KeySource {
  /** The keys to verify with; null until there are any. */
  protected keys: KeySet | null = null;
  /** Grows whenever the keys change: what was verified by other keys counts no more. */
  generation: u32 = 0;

  constructor(
    readonly provider: Provider,
    protected readonly mode: Mode,
  ) {}

  /**
   * Whether there are keys to verify with.
   *
   * @param now milliseconds since 1970
   * @param began number of the request that asks (`FetchListener.arrivals`): what has failed since is not tried again for it
   * @returns `Ok`; `Pending` when they are being fetched, and the plugin will say when that is over; or why there are none
   */
  abstract usable(now: u64, began: u64): JwtStatus;

  /**
   * No key fits a token: are there others by now?
   *
   * @returns `Ok` when there are; `Pending` when they are being fetched; `KidAlgMismatch` when it is too early to ask
   */
  abstract refetch(now: u64): JwtStatus;

  verify(token: Token): JwtStatus {
    const keys = this.keys;
    if (keys === null) return JwtStatus.NoValidKeys;
    const fitting = keys.select(token.kid, token.algorithm);
    if (fitting.length == 0) {
      // Natively a key of another kind is tried, and fails.
      const tried = this.mode == Mode.Envoy && keys.names(token.kid, token.algorithm);
      return tried ? JwtStatus.VerificationFail : JwtStatus.KidAlgMismatch;
    }
    if (token.algorithm == Algorithm.EdDSA && token.signature.length != ED25519_LENGTH) {
      return JwtStatus.Ed25519WrongLength;
    }
    for (let i = 0; i < fitting.length; i++) {
      if (unchecked(fitting[i]).verify(token.algorithm, token.signed, token.signature)) return JwtStatus.Ok;
    }
    return JwtStatus.VerificationFail;
  }
}
