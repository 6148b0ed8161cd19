// SPDX-License-Identifier: Apache-2.0
import { Engine } from "./engine";

/** What is enforced, and what is only tried; null for what is not configured: everything passes. */
@final
export class Rules {
  constructor(
    readonly enforced: Engine | null,
    readonly shadow: Engine | null,
  ) {}

  /** See `Engine.prepare`. */
  prepare(): void {
    const enforced = this.enforced;
    const shadow = this.shadow;
    if (enforced !== null) enforced.prepare();
    if (shadow !== null) shadow.prepare();
  }
}
