// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Mode } from "../config/mode";
import { JwtStatus } from "../status";
import { Token } from "../token/token";
import { Site } from "./site";

/** A token found in a request, whatever it turns out to be. */
@final
export class Candidate {
  private parsed: Token | null = null;
  /** Provider and generation of its keys by which the signature has been checked, and what came of it. */
  private provider: i32 = -1;
  private generation: u32 = 0;
  private checked: JwtStatus = JwtStatus.Pending;

  constructor(
    readonly site: Site,
    readonly text: Bytes,
  ) {}

  /** The token taken apart, once. */
  token(mode: Mode): Token {
    let token = this.parsed;
    if (token === null) {
      token = Token.parse(this.text, mode);
      this.parsed = token;
    }
    return token;
  }

  get isParsed(): bool {
    return this.parsed !== null;
  }

  /** Takes a token from the cache in place of what `token` would make: its signature was good by these keys. */
  use(token: Token, provider: i32, generation: u32): void {
    this.parsed = token;
    this.setSignatureStatus(provider, generation, JwtStatus.Ok);
  }

  /** What came of the signature with these keys; `Pending` when it has not been checked. */
  signatureStatus(provider: i32, generation: u32): JwtStatus {
    return this.provider == provider && this.generation == generation ? this.checked : JwtStatus.Pending;
  }

  setSignatureStatus(provider: i32, generation: u32, status: JwtStatus): void {
    this.provider = provider;
    this.generation = generation;
    this.checked = status;
  }
}
