// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Action } from "../act/action";
import { PendingQueue } from "../act/pending";
import { Detection } from "../config/detection";
import { Protocol } from "../detect/protocol";

/** What follows from a declaration. */
export enum Treatment {
  /** The owner's word is taken: passed at once, unexamined. */
  Trusted,
  /** Examined, and closed unless it is what was declared. */
  Enforced,
  /** Examined as what is not declared is. */
  Detected,
}

/** What the owner of a port says is spoken there. */
@final
export class Declaration {
  constructor(
    /** As it is published. */
    readonly name: Bytes,
    /** `Unknown` for `http`, `tcp` and `auto`, which are no single protocol. */
    readonly protocol: Protocol,
    readonly treatment: Treatment,
    /** How its bytes are examined; when they are trusted, how long a PROXY header may take. */
    readonly detection: Detection,
    /** What becomes of a connection that is trusted. */
    readonly action: Action,
    /** Whether a PROXY header comes first. */
    readonly hasProxyHeader: bool,
    /** Where connections wait for it; null without a deadline. */
    readonly headerQueue: PendingQueue | null,
    /** Whether the upstream gets it too. */
    readonly keepsProxyHeader: bool,
    /** Why it was declared, for the log. */
    readonly reason: Bytes,
  ) {}
}
