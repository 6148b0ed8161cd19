// SPDX-License-Identifier: Apache-2.0
import { Bytes, Property } from "tremula/assembly";
import { RbacConfig } from "../config/rbac-config";
import { Facts } from "../policy/facts";
import { Stats } from "../stats";
import { Engine } from "./engine";
import { Explainer } from "./explainer";
import { Rules } from "./rules";
import { ResultState } from "./result-state";

/** Asks rules about one request or connection, counts, and leaves word. */
@final
export class Judge {
  /** Of the last decision: the name of what matched; null when nothing did. */
  policy: Bytes | null = null;
  /** Of the last decision: what the shadow rules said. */
  shadowAllowed: bool = true;
  shadowPolicy: Bytes | null = null;
  private readonly shadowState: ResultState;
  /** Null where nobody has asked for it: each value is a call of the host. */
  private readonly enforcedState: ResultState | null;
  private readonly logHint: Property = new Property("rbac.access_log_hint");
  private readonly explainer: Explainer;

  constructor(
    config: RbacConfig,
    private readonly stats: Stats,
    private readonly facts: Facts,
  ) {
    this.shadowState = new ResultState(config.shadowStatPrefix, "shadow");
    this.enforcedState = config.options.enforcedResults
      ? new ResultState(config.rulesStatPrefix, "enforced")
      : null;
    this.explainer = new Explainer(config.options.explainPercent);
  }

  /** Whether the request may pass. The shadow rules are asked first, as natively. */
  decide(rules: Rules): bool {
    this.explainer.begin();
    const shadow = rules.shadow;
    if (shadow !== null) this.tryShadow(shadow);
    const engine = rules.enforced;
    this.policy = null;
    if (engine === null) return true;
    const isAllowed = engine.decide(this.facts);
    const policy = engine.effective;
    this.policy = policy;
    this.stats.countEnforced(isAllowed, policy);
    const state = this.enforcedState;
    if (state !== null) state.write(isAllowed, policy);
    // Native notes it in the metadata `envoy.common`, for access logs that are filtered by it, and never for shadow rules.
    const hint = engine.logHint;
    if (hint !== null) this.logHint.set(hint);
    this.explainer.explain(engine, isAllowed, this.facts, false);
    return isAllowed;
  }

  private tryShadow(engine: Engine): void {
    const isAllowed = engine.decide(this.facts);
    const policy = engine.effective;
    this.shadowAllowed = isAllowed;
    this.shadowPolicy = policy;
    this.stats.countShadow(isAllowed, policy);
    this.shadowState.write(isAllowed, policy);
    this.explainer.explain(engine, isAllowed, this.facts, true);
  }
}
