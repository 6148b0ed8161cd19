// SPDX-License-Identifier: Apache-2.0

/** What the filter makes of tokens, keys and configurations that the native filter is lax about. */
export enum Mode {
  /** Refuses them. */
  Strict,
  /** Answers as the native filter of Envoy 1.40 does. */
  Envoy,
}

/** Who verifies signatures; what the host is asked for and cannot do, the module does. */
export enum Verifier {
  /** Each algorithm where it is fastest: RS* in the host, the others in the module. */
  Auto,
  /** The host, for all that it can verify (RS* and ES*); the others in the module, as nobody else can. */
  Host,
  /** The module, for all algorithms. */
  Own,
}

/** Names of `Mode` and of `Verifier` in a configuration, in order. */
export const MODES: StaticArray<string> = ["strict", "envoy"];
export const VERIFIERS: StaticArray<string> = ["auto", "host", "own"];
